"""`score_overlap`: one JSON line a pair, without a database; and catalogue records as efforts."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cesai.catalogue.efforts import efforts_of
from cesai.catalogue.reading import SHIPPED, period, read_records
from cesai.catalogue.words import compared_tasks, modalities
from dev.overlap.judged import judged_pairs
from dev.places import ROOT
from projects.errors import Invalid
from registry.overlap import Effort, Kind
from registry.overlap.features import FEATURES

PAIRS = [
    {"a": "EuroLLM-9B", "b": "Salamandra-7B"},
    {"a": "EuroLLM-9B", "b": "EuroLLM-9B-Instruct"},
    {"a": "Ankh-large", "b": "EuroLLM-9B"},
]
BASE: dict[str, Any] = {
    "name": "Base-7B", "organisations": ["Lab"], "kind": "base", "modality": "text",
    "parameters": 7_000_000_000, "training_tokens": 2_000_000_000_000, "languages": ["de"],
    "licence": "Apache-2.0", "datasets": ["c4"], "release_date": "2025-03-04",
    "hub_id": "lab/base-7b", "description": "A model.", "domain_tasks": ["chat", "health"],
}  # fmt: skip


def _written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def _printed(tmp_path: Path, pairs: Any = PAIRS, models: Any = None) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(
        "score_overlap",
        models=_written(tmp_path / "models.json", models) if models else SHIPPED["models"],
        pairs=_written(tmp_path / "pairs.json", pairs),
        stdout=out,
    )
    return [json.loads(line) for line in out.getvalue().splitlines()]


# The command. No test here asks for a database, and so each would be refused one.


def test_each_pair_is_one_line_with_exactly_these_keys(tmp_path: Path) -> None:
    lines = _printed(tmp_path)
    assert [set(line) for line in lines] == [
        {"a", "b", "probability", "class", "reasons"}
    ] * len(PAIRS)  # fmt: skip
    assert {key for line in lines for row in line["reasons"] for key in row} == {
        "feature", "points", "text",
    }  # fmt: skip


@pytest.mark.parametrize("pairs", [PAIRS, PAIRS[::-1], [*PAIRS, PAIRS[0]]])
def test_the_order_of_the_file_is_kept(tmp_path: Path, pairs: list[dict[str, str]]) -> None:
    assert [{"a": line["a"], "b": line["b"]} for line in _printed(tmp_path, pairs)] == pairs


@pytest.mark.parametrize(
    ("pair", "kind"), list(zip(PAIRS, ["duplicate", "lineage", "unrelated"], strict=True))
)
def test_well_known_pairs_are_of_their_class(
    tmp_path: Path, pair: dict[str, str], kind: str
) -> None:
    assert _printed(tmp_path, [pair])[0]["class"] == kind


def test_every_judged_pair_has_a_probability_a_class_and_reasons(tmp_path: Path) -> None:
    lines = _printed(tmp_path, [{"a": pair.a, "b": pair.b} for pair in judged_pairs()])
    assert len(lines) == len(judged_pairs())
    assert all(0 <= line["probability"] <= 1 for line in lines)  # rounded to six digits
    assert {line["class"] for line in lines} <= set(Kind)
    assert {row["feature"] for line in lines for row in line["reasons"]} <= {
        feature.name for feature in FEATURES
    }


def test_reasons_have_points_and_a_sentence_and_the_weightiest_comes_first(
    tmp_path: Path,
) -> None:
    reasons = _printed(tmp_path)[0]["reasons"]
    points = [abs(row["points"]) for row in reasons]
    assert points == sorted(points, reverse=True)
    assert all(points)
    assert all(row["text"] for row in reasons)


def test_no_pairs_are_no_lines(tmp_path: Path) -> None:
    assert _printed(tmp_path, "[]") == []


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([{"a": "Nobody-7B", "b": "EuroLLM-9B"}], "No model of the file is named Nobody-7B."),
        ("no json", "is no JSON"),
        ({"a": "EuroLLM-9B"}, "must hold a list of objects"),
        ([["EuroLLM-9B", "Salamandra-7B"]], "must hold a list of objects"),
        ([{"a": 7, "b": "EuroLLM-9B"}], "“a” is no text"),
    ],
    ids=["unknown name", "no JSON", "no list", "no objects", "no text"],
)
def test_wrong_pairs_end_with_one_sentence(tmp_path: Path, pairs: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        _printed(tmp_path, pairs)
    assert refused.value.returncode == 1
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("option", ["models", "pairs"])
def test_a_missing_file_ends_with_one_sentence(tmp_path: Path, option: str) -> None:
    files = {"models": SHIPPED["models"], "pairs": _written(tmp_path / "pairs.json", PAIRS)}
    files[option] = tmp_path / "nowhere.json"
    with pytest.raises(CommandError, match=r"nowhere\.json cannot be read"):
        call_command("score_overlap", **files)


def test_a_model_with_a_wrong_value_ends_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="“parameters” is no number"):
        _printed(tmp_path, "[]", [{**BASE, "parameters": "7B"}])


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a database at whose door nobody answers."""
    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"}
    return subprocess.run(
        [sys.executable, "manage.py", "score_overlap", *options],
        env={**os.environ, **nowhere}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_no_database_need_be_there(tmp_path: Path) -> None:
    pairs = _written(tmp_path / "pairs.json", PAIRS)
    done = _run("--models", str(SHIPPED["models"]), "--pairs", str(pairs))
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(PAIRS)


def test_a_refusal_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = _run("--models", str(SHIPPED["models"]), "--pairs", str(tmp_path / "nowhere.json"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


# Records as efforts.


def _effort(**changes: Any) -> Effort:
    record = {**BASE, **changes}
    return efforts_of([record])[record["name"]]


def _child(name: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {**BASE, "name": name, "hub_id": "", "parents": [{"name": p} for p in parents], **more}


def test_a_record_keeps_its_facts() -> None:
    assert _effort() == Effort(
        key="Base-7B", name="Base-7B", words="A model.",
        modality_in=frozenset({"text"}), modality_out=frozenset({"text"}),
        languages=frozenset({"de"}), tasks=frozenset({"chat"}), domains=frozenset({"health"}),
        training_mode="from_scratch", parameters=7_000_000_000, tokens=2_000_000_000_000,
        datasets=frozenset({"c4"}), licence="Apache-2.0", begin=date(2025, 3, 4),
        end=date(2025, 3, 4), group="Lab", partners=frozenset({"Lab"}),
    )  # fmt: skip


def test_a_record_with_nothing_but_a_name_is_an_effort_without_facts() -> None:
    assert efforts_of([{"name": "Bare"}]) == {"Bare": Effort(key="Bare", name="Bare")}


def test_lineage_reaches_up_to_the_first() -> None:
    found = efforts_of([BASE, _child("Tuned", "Base-7B"), _child("Copy", "Tuned")])
    assert found["Copy"].ancestors == {"Tuned", "Base-7B"}


def test_a_parent_named_as_on_the_hub_is_the_same_parent() -> None:
    found = efforts_of([BASE, _child("Tuned", "lab/base-7b")])
    assert found["Tuned"].ancestors == {"Base-7B"}


def test_a_parent_outside_the_file_is_an_ancestor_all_the_same() -> None:
    found = efforts_of([_child("One", "Elsewhere-7B"), _child("Two", "Elsewhere-7B")])
    assert found["One"].ancestors == found["Two"].ancestors == {"Elsewhere-7B"}


def test_a_circle_of_parents_ends() -> None:
    found = efforts_of([_child("One", "Two"), _child("Two", "One")])
    assert {name: set(one.ancestors) for name, one in found.items()} == {
        "One": {"Two"}, "Two": {"One"},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Community", "community", " Community ", "Unknown", "various"])
def test_the_community_is_nobody(name: str) -> None:
    found = _effort(organisations=[name])
    assert (found.group, found.partners) == ("", frozenset())


def test_a_partner_of_the_community_does_not_lead() -> None:
    found = _effort(organisations=["Community", "Lab"])
    assert (found.group, found.partners) == ("", frozenset({"Lab"}))


def test_the_first_organisation_leads() -> None:
    found = _effort(organisations=["Lab", "Institute"])
    assert (found.group, found.partners) == ("Lab", frozenset({"Lab", "Institute"}))


@pytest.mark.parametrize(
    ("written", "begin", "end"),
    [
        ("2025-03-04", date(2025, 3, 4), date(2025, 3, 4)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_a_release_lasts_as_long_as_it_is_exactly_known(
    written: str | None, begin: date | None, end: date | None
) -> None:
    found = _effort(release_date=written)
    assert (found.begin, found.end) == (begin, end)


def test_a_period_ends_before_the_first_day_after() -> None:
    assert period("2025-01") == (date(2025, 1, 1), date(2025, 2, 1))


def test_a_kind_that_nobody_knows_is_an_unknown_way_of_training() -> None:
    assert _effort(kind="grown").training_mode == "unknown"


def test_every_shipped_model_is_an_effort_that_produces_something() -> None:
    records = read_records(SHIPPED["models"])
    found = efforts_of(records)
    assert len(found) == len(records)
    assert [name for name, effort in found.items() if not effort.modality_out] == []


@pytest.mark.parametrize(
    ("field", "value"), [("parameters", "7B"), ("languages", "de"), ("parents", ["Base-7B"])]
)
def test_a_value_of_the_wrong_kind_is_refused(field: str, value: Any) -> None:
    with pytest.raises(Invalid, match=field):
        _effort(**{field: value})


# Words of other catalogues.


@pytest.mark.parametrize(
    ("facts", "takes", "gives"),
    [
        ({"modality": "text"}, ["text"], ["text"]),
        ({"modality": "vision-text"}, ["image", "text"], ["text"]),
        ({"modality": "code"}, ["code", "text"], ["code", "text"]),
        ({"modality": "speech"}, ["speech"], ["text"]),
        ({"modality": "protein"}, ["molecule"], ["molecule"]),
        ({"modality": "text", "kind": "encoder"}, ["text"], ["embedding"]),
        ({"modality": "text", "domain_tasks": ["Embeddings"]}, ["text"], ["embedding"]),
        ({"modality": "dance"}, [], []),
        ({}, [], []),
    ],
)
def test_a_modality_says_what_goes_in_and_what_comes_out(
    facts: dict[str, Any], takes: list[str], gives: list[str]
) -> None:
    assert modalities(facts) == (takes, gives)


@pytest.mark.parametrize(
    ("words", "tasks", "domains"),
    [
        (["chat", "health"], ["chat"], ["health"]),
        (["asr"], ["speech-recognition"], []),
        (["chat", "chat"], ["chat"], []),
        (["knitting"], ["knitting"], []),
        (["german", "catalan", "multilingual", "german-chat"], [], []),
        ([], [], []),
    ],
)
def test_words_are_tasks_or_domains_and_languages_are_neither(
    words: list[str], tasks: list[str], domains: list[str]
) -> None:
    assert compared_tasks(words) == (tasks, domains)
