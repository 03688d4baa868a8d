"""Cards that cannot be read: each is refused in a sentence, and nothing of it is kept."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.errors import Invalid
from projects.models import Event, Group, Project
from registry.formats.front_matter import MOST_CARD, MOST_HEAD, join_card, split_card
from registry.models import Derivation, Figure, Model
from tests import make
from tests.conftest import Caller

LAUGHS = "a: &a [x, x]\n" + "\n".join(
    f"{after}: &{after} [*{word}, *{word}]" for word, after in pairwise("abcdefghij")
)


def _import(caller: Caller, group: Group, text: str) -> Any:
    body = {"name": "From a card", "group": str(group.pk), "card": text}
    return caller.post("models/import-card/", body)


def _kept() -> tuple[int, ...]:
    return tuple(table.objects.count() for table in (Model, Derivation, Figure, Event))


@pytest.mark.parametrize(
    ("head", "word"),
    [
        # no YAML
        ("a: [1", "line 3"), ("license: mit\nb: 'x\nc: d", "line 5"), ("a: b: c", "line 2"),
        ("license: mit\n\tb: 1", "line 3"), ("license: mit\n  b: 1", "line 3"),
        ("license: mit\nlanguage: de\n- x", "line 4"), ("a: @b", "line 2"), ("a: %b", "line 2"),
        ("a: `b`", "line 2"), ("x" * 2000 + ": 1", "line 2"), ("%YAML 9.9", "no YAML"),
        ('a: "\\q"', "line 2"), ('a: "\\ud8"', "line 2"),
        # aliases, anchors that are used, merge keys
        (LAUGHS, "alias"), ("a: &a 1\nb: *a", "line 3"), ("a: *nobody", "alias"),
        ("a: &a [*a]", "alias"), ("a: {<<: {b: 1}}", "line 2"), ("<<: {b: 1}", "word"),
        ("<<: [{a: 1}, {b: 2}]", "word"), ("b: &b {c: 1}\na:\n  <<: *b", "alias"),
        # nested too deep
        ("a: " + "[" * 5000, "24 levels"), ("a: " + "[" * 40 + "]" * 40, "24 levels"),
        ("{a: " * 3000, "24 levels"), ("- " * 3000, "24 levels"), ("? " * 3000, "24 levels"),
        # keys
        ("a: 1\na: 2", "twice"), ("a: {b: 1, b: 1}", "twice"), ('a: 1\n"a": 2', "twice"),
        ("1: a", "no text"), ("true: a", "no text"), ("no: a", "no text"), ("~: a", "no text"),
        ("2024-01-01: a", "no text"), ("1.5: a", "no text"), ("? [a]\n: b", "a key"),
        ("? {a: b}\n: c", "a key"), ("a: {1: 2}", "no text"),
        # no mapping
        ("- a\n- b", "list of keys"), ("just words", "list of keys"), ("7", "list of keys"),
        ("[]", "list of keys"), ("2024-01-01", "list of keys"), ('""', "list of keys"),
        ("a: 1\n...\nb: 2", "line 4"),
        # tags
        ("a: !!python/object:os.system {}", "tag"), ("a: !!python/name:os.system", "tag"),
        ("a: !!python/object/apply:os.system [ls]", "tag"), ("!!python/tuple [a]", "tag"),
        ("a: !!python/object/new:type {}", "tag"), ("a: !mine x", "tag"),
        ("a: !<tag:yaml.org,2002:python/none> x", "tag"), ("a: !!binary aGk=", "tag"),
        ("a: !!set {b, c}", "tag"), ("a: !!omap [b: c]", "tag"), ("a: !!pairs [b: c]", "tag"),
        ("a: !!int ''", "tag"), ("a: !!bool maybe", "tag"), ("a: !!timestamp soon", "tag"),
        ("a: !!float ''", "tag"), ("a: !!null x", "tag"), ("a: !!str {b: c}", "line 2"),
        ("!!map {a: 1}", "tag"), ("!!int a: 1", "tag"),
        # characters
        ("a: b\x01c", "unacceptable"), ("a: b\x7fc", "unacceptable"), ("a: \x1b[0m", "unaccept"),
        ("a: b\ufffec", "unacceptable"), ('a: "\\0"', "character"), ('"\\0": a', "character"),
        ('a: "\\ud800"', "character"), ("a: ['\ue000', \"\\udfff\"]", "character"),
        ('a: "\\U00110000"', "range"),
        # values that do not exist
        ("date: 2024-13-45", "line 2"), ("a: b\ndate: 2023-02-29", "line 3"),
        ("date: 2024-01-01T25:00:00Z", "does not exist"), ("date: 0000-01-01", "not exist"),
        ("date: 2024-01-01T00:00:00+99:99", "does not exist"), ("a: 1.0e+400", "too large"),
        ("a: -1.0e+400", "too large"), ("a: 1" + "0" * 400, "too large"), ("a: 0x_", "not exist"),
        ("a: 0x" + "F" * 60_000, "too large"), ("a: " + "9" * 60_000, "does not exist"),
        ("a: 1" + ":00" * 20_000, "too large"), ("a: 1" + ":00" * 9000 + ":00.0", "not exist"),
        ("a: 0b_", "does not exist"), ("a: 0" + "7" * 60_000, "too large"),
        # more than fits
        ("a: " + "x" * MOST_HEAD, "64 KiB"),
        # our own block in another shape
        ("x_cesai: {parameters: many}", "x_cesai.parameters"), ("x_cesai: 5", "x_cesai"),
        ("x_cesai: {parameters: 1.5}", "parameters"), ("x_cesai: {parameters: 0}", "parameters"),
        ("x_cesai: {parameters: true}", "parameters"), ("x_cesai: [parameters]", "x_cesai"),
        ("x_cesai: {parameters: 1000000000000000001}", "parameters"),
        ("x_cesai: {tokens: -1}", "tokens"), ("x_cesai: {tokens: [1]}", "tokens"),
        ("x_cesai: {modality_out: [smell]}", "modality_out"),
        ("x_cesai: {modality_out: text}", "modality_out"),
        ("x_cesai: {modality_in: [[text]]}", "modality_in"),
        ("x_cesai: {modality_in: [{text: 1}]}", "modality_in"),
        ("x_cesai: {modality_in: [1]}", "modality_in"),
        ("x_cesai: {training_mode: magic}", "training_mode"),
        ("x_cesai: {training_mode: ''}", "training_mode"),
        ("x_cesai: {training_mode: [adapter]}", "training_mode"),
        ("x_cesai: {domains: [unheard-of]}", "unheard-of"), ("x_cesai: {tasks: [5]}", "tasks"),
        ("x_cesai: {tasks: ['Ä b']}", "vocabulary"), ("x_cesai: {domains: [[a]]}", "domains"),
        (f"x_cesai: {{domains: [{'x' * 41}]}}", "domains"),
        (f"x_cesai: {{architecture: {'x' * 61}}}", "architecture"),
        (f"x_cesai: {{intended_users: {'x' * 301}}}", "intended_users"),
        (f"x_cesai: {{description: {'x' * 50_001}}}", "description"),
        ("x_cesai: {window: 2027}", "window"), ("x_cesai: {window: {start: soon}}", "window"),
        ("x_cesai: {window: {start: {a: b}}}", "window"),
        ("x_cesai: {window: {end: 5}}", "window"),
        ("x_cesai: {window: {start: 2027-01-01T00:00:00Z}}", "window"),
        ("x_cesai: {window: {start: 2027-02-01, end: 2027-01-01}}", "window"),
    ],
    ids=lambda text: text[:30].encode("unicode_escape").decode(),
)  # fmt: skip
def test_a_card_that_cannot_be_read_is_refused_in_words_and_leaves_nothing(
    member: Caller, group: Group, head: str, word: str
) -> None:
    before = _kept()

    refused = _import(member, group, f"---\n{head}\n---\n")

    assert (refused.status_code, refused.json()["status"]) == (400, 400), refused.json()
    assert word in refused.json()["detail"]
    assert refused.json()["errors"]
    assert _kept() == before


def test_a_refused_card_leaves_the_model_as_it_was(member: Caller, project: Project) -> None:
    model = make.make_model(project, languages=["en"])
    before = _kept()

    refused = member.put(
        f"models/{model.pk}/card/",
        {"card": "---\nlanguage: de\nbase_model: a/b\nx_cesai: {tokens: few}\n---\nNew"},
    )

    model.refresh_from_db()
    assert (refused.status_code, model.languages, model.card) == (400, ["en"], "")
    assert _kept() == before


@pytest.mark.parametrize(
    ("size", "code"),
    [(MOST_CARD + 1, 400), (600_001, 400), (5_000_000, 413), (10 * 1024 * 1024, 413)],
)
def test_a_card_that_is_too_long_is_refused(
    member: Caller, group: Group, size: int, code: int
) -> None:
    refused = _import(member, group, "x" * size)

    assert refused.status_code == code
    assert refused.json()["detail"]
    assert not Model.objects.exists()


def test_a_card_of_512_kib_is_taken(member: Caller, group: Group) -> None:
    assert _import(member, group, "ü" * MOST_CARD).status_code == 201


def test_a_front_matter_of_64_kib_is_taken(member: Caller, group: Group) -> None:
    head = "a: " + "x" * (MOST_HEAD - 4) + "\n"

    assert _import(member, group, f"---\n{head}---\n").status_code == 201


def test_half_a_character_is_no_card(member: Caller, group: Group) -> None:
    assert _import(member, group, "\ud800").status_code == 400


@pytest.mark.parametrize("text", ["a\0b", "---\nlicense: mit\n---\n\0", None, ["x"]])
def test_what_is_no_text_is_no_card(member: Caller, group: Group, text: Any) -> None:
    refused = _import(member, group, text)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["card"])


def test_24_levels_are_taken(member: Caller, group: Group) -> None:
    assert _import(member, group, f"---\na: {'[' * 22}{']' * 22}\n---\n").status_code == 201


def test_a_text_under_the_tag_of_a_text_is_taken() -> None:
    assert split_card("---\na: !!str 1.0\nb: ! 7\n---\n")[0]["a"] == "1.0"


@pytest.mark.parametrize(
    "said",
    [
        "{a: [x]}", "{a: {b: c}}", "{a: null}", "{a: magic}", "[a]", "5", "{a: 7, b: merge}",
        "{'@date': finetune}", "{'@keys': merge, '@float': x}",
    ],
)  # fmt: skip
def test_relations_that_say_nothing_say_nothing(member: Caller, group: Group, said: str) -> None:
    text = f"---\nbase_model: [a, '@date', '@keys']\nx_cesai: {{relations: {said}}}\n---\n"

    made = _import(member, group, text)

    assert made.status_code == 201
    assert member.get(f"models/{made.json()['id']}/card/").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        "language: {a: b}", "language: [[de], {a: b}, 5, 1.5, null, 2024-01-01]", "language: 5",
        "license: {a: b}", "license: [mit]", "license: 5", "license: other\nlicense_name: [x]",
        "base_model: {a: b}", "base_model: [[a], null, 5]", "base_model: 5", "base_model: ''",
        "base_model: [a]\nbase_model_relation: [merge]", "datasets: {a: b}", "datasets: [5, null]",
        "pipeline_tag: [x]", "pipeline_tag: {a: b}", "new_version: [x]", "new_version: 5",
        "co2_eq_emissions: [1]", "co2_eq_emissions: {emissions: {emissions: 5}}",
        "license: " + "x" * 70, "base_model: " + "x" * 400, "datasets: " + "x" * 300,
        "base_model: [" + ", ".join(f"b{n}" for n in range(150)) + "]",
        "language: [" + ", ".join("de" for _ in range(500)) + "]",
        "model-index: 5", "tags: {a: b}", "'@date': soon", "a: {'@date': soon}",
        "a: {'@keys': 5}", "'@keys': [b, c]\nb: 1", "a: [{'@time': 7}, {'@float': [x]}]",
        "a: {'@@date': x, '@': y, '': z}", "base_model: '\\u0130\\u0131'", "pipeline_tag: İ",
        "base_model: 'models:/a/99999999999999'", "base_model: 'models:/a/999999999'",
        "base_model: 'models:/a/٣'", "base_model: 'models:/a@'", "base_model: '....'",
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_key_of_another_shape_than_the_hubs_is_kept_and_given_back(
    member: Caller, group: Group, head: str
) -> None:
    made = _import(member, group, f"---\n{head}\n---\n")

    assert made.status_code == 201, made.json()
    exported = member.get(f"models/{made.json()['id']}/card/").content.decode()
    given = yaml.safe_load(exported.split("---\n")[1])
    given.pop("x_cesai")
    assert given == yaml.safe_load(head)


def test_the_costliest_front_matter_is_read_in_a_few_seconds() -> None:
    heads = ["[" * 60_000, "a: [" + "1, " * 21_000 + "]", "- a\n" * 16_000, "? a\n" * 16_000,
             "".join(f"k{n}: {{}}\n" for n in range(6000)), "'" * 65_000, "#\n" * 32_000,
             "a: |\n" + " \n" * 32_000, "!" * 65_000, "a: '" + "\n" * 60_000 + "'"]  # fmt: skip
    start = time.monotonic()

    for head in heads:
        try:
            split_card(f"---\n{head}\n---\n")
        except Invalid:
            continue

    assert time.monotonic() - start < 30


def test_many_rules_without_an_end_are_searched_fast() -> None:
    start = time.monotonic()

    split_card("\n" * 250_000 + "--" + "\n---x" * 50_000)

    assert time.monotonic() - start < 1


WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12).filter(
    lambda word: "\0" not in word
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False)
    | WORD | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(meta=st.dictionaries(WORD, VALUE, min_size=1, max_size=5), body=WORD)
def test_any_front_matter_comes_back_as_it_went_in(meta: dict[str, Any], body: str) -> None:
    card = f"---\n{yaml.safe_dump(meta, sort_keys=False)}---\n{body}"

    written = join_card(*split_card(card))

    head, _, after = written.removeprefix("---\n").partition("\n---\n")
    read = yaml.safe_load(head)
    assert (read, after) == (meta, body)
    assert list(read) == list(meta)
