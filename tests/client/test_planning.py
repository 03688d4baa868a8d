"""Plans, cards, lineage and similar efforts by commands."""

from __future__ import annotations

from typing import Any

import pytest

from cesai_client.cli.files import whole_number
from cesai_client.errors import BadInput
from projects.models import Group, Project
from registry.models import Model
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller

PLAN = """
name: Teuken 8B
group: {group}
project: ours
description: A language model for the languages of Europe.
modality_in: [text]
modality_out: [text]
languages: [de, fr, it]
tasks: [text-generation]
training_mode: from_scratch
architecture: transformer
parameters: 8B
tokens: 1.5T
window:
  start: 2030-01-01
  end: 2030-07-01
"""
CARD = """---
license: apache-2.0
language: [de, fr]
pipeline_tag: text-generation
model_name: Carded
---
# Carded
Plain words.
"""


@pytest.fixture
def plan(cesai: Shell, group: Group, project: Project) -> str:
    """A file with all that is compared."""
    text = PLAN.format(group=f"{group.partner.slug}/{group.slug}")
    return cesai.write("plan.yaml", text).name


def test_a_plan_is_registered_with_its_facts(cesai: Shell, plan: str, project: Project) -> None:
    done = cesai("plan", plan)
    assert done.code == 0, done.err
    model = Model.objects.get()

    assert (model.name, model.state, model.project) == ("Teuken 8B", "planned", project)
    assert (model.parameters, model.tokens) == (8 * 10**9, 1_500 * 10**9)
    assert (str(model.window_start), str(model.window_end)) == ("2030-01-01", "2030-07-01")
    assert f"{model.qualified} is registered as planned." in done.out
    assert "Not known yet" not in done.err


def test_after_planning_one_is_told_who_plans_alike(
    cesai: Shell, plan: str, stranger: Caller, portal: str
) -> None:
    theirs = Group.objects.get(memberships__user=stranger.user)
    facts = {
        "description": "A language model for the languages of Europe.",
        "modality_in": ["text"], "modality_out": ["text"], "languages": ["de", "fr", "it"],
        "tasks": ["text-generation"], "training_mode": "from_scratch", "visibility": "public",
        "parameters": 7 * 10**9, "tokens": 10**12, "window": {"start": "2030-02-01", "end": None},
    }  # fmt: skip
    made = stranger.post("models/", {"name": "Salamander", "group": str(theirs.pk), **facts})
    assert made.status_code == 201
    done = cesai("plan", plan, "--json")
    assert done.code == 0, done.err
    [row] = done.json["similar"]["results"]

    assert row["model"]["name"] == "Salamander"
    shown = cesai("models", "overlaps", done.json["model"]["id"]).out
    assert f"{row['probability']:.0%}  {made.json()['qualified']} (planned): " in shown
    assert f"  + {row['reasons'][0]['text']}" in shown


def test_an_option_counts_more_than_the_file(cesai: Shell, plan: str) -> None:
    done = cesai("plan", plan, "--name", "Other", "--visibility=public", "--json")

    assert (done.json["model"]["name"], done.json["model"]["visibility"]) == ("Other", "public")


def test_what_is_not_known_yet_is_named(cesai: Shell, group: Group) -> None:
    cesai.write("plan.yaml", f"name: Short\ngroup: {group.slug}\nlanguages: [de]\n")
    said = cesai("plan", "plan.yaml").err

    assert "Not known yet, so that the comparison says less: modality out, tasks," in said


def test_parents_are_named_as_people_know_them(cesai: Shell, plan: str, project: Project) -> None:
    base = make.make_model(project, name="Base")
    path = cesai.home / plan
    parents = "parents:\n  - {model: Base, kind: finetune}\n  - {literal: org/other}\n"
    path.write_text(path.read_text() + parents)
    key = cesai("plan", plan, "--json").json["model"]["id"]

    shown = cesai("models", "lineage", key, "--json").json
    assert str(base.pk) in {node["model"] for node in shown["nodes"]}
    people = " ".join(cesai("models", "lineage", key).out.split())
    assert "finetune Base" in people
    assert "org/other" in people


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("name: [", 2, "plan.yaml, line 1: this is no YAML"),
        ("- a\n- b\n", 2, "must be fields with values"),
        ("group: x\n", 2, "needs “name”"),
        ("name: X\n", 2, "needs “group”"),
        ("name: X\ngroup: nobody\n", 2, "names 0 groups"),
        ("name: X\ngroup: {group}\nparameters: many\n", 2, "write 7B, 350M"),
        ("name: X\ngroup: {group}\nparameters: 7.5\n", 3, "parameters"),
        ("name: X\ngroup: {group}\nparametres: 7\n", 3, "parametres: Unknown field."),
        ("name: a/b\ngroup: {group}\n", 3, "without “/”"),
        ("name: X\ngroup: {group}\nlanguages: de\n", 3, "languages"),
        ("name: !!python/object:os.system X\n", 2, "no YAML"),
    ],
)
def test_what_is_no_plan_is_refused(
    cesai: Shell, group: Group, text: str, code: int, said: str
) -> None:
    cesai.write("plan.yaml", text.replace("{group}", group.slug))
    done = cesai("plan", "plan.yaml")

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not Model.objects.exists()


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7B", 7 * 10**9), ("1.5T", 1_500 * 10**9), ("350M", 350 * 10**6), ("12k", 12_000),
        ("7e9", 7 * 10**9), ("7_000", 7000), ("0.1b", 10**8), (7.0, 7), (7, 7), (None, None),
        ("2.123456789b", 2_123_456_789), (7.5, 7.5),
    ],
)  # fmt: skip
def test_large_numbers_are_written_as_models_are_named(written: Any, number: Any) -> None:
    assert whole_number("parameters", written) == number


@pytest.mark.parametrize(
    "written", ["", "7 billion", "B", "-7B", "7BB", "1e400", "nan", "7.5", "0.0001k"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(BadInput):
        whole_number("parameters", written)


def test_a_card_is_a_plan_too(cesai: Shell, group: Group) -> None:
    cesai.write("README.md", CARD)
    done = cesai("plan", "README.md", "--group", group.slug)
    assert done.code == 0, done.err
    model = Model.objects.get()

    assert (model.name, model.state, model.languages) == ("Carded", "planned", ["de", "fr"])
    assert model.licence == "apache-2.0" or model.licence == "Apache-2.0"


def test_a_card_needs_a_group(cesai: Shell) -> None:
    cesai.write("README.md", CARD)
    done = cesai("plan", "README.md")

    assert done.code == 2
    assert "--group" in done.err


def test_a_card_comes_in_and_goes_out(cesai: Shell, group: Group) -> None:
    cesai.write("README.md", CARD)
    done = cesai("card", "import", "README.md", "--group", group.slug, "--name", "Other")
    assert done.code == 0, done.err
    model = Model.objects.get()

    assert (model.name, model.state) == ("Other", "released")
    shown = cesai("card", "export", "Other").out
    assert shown == cesai("card", "export", str(model.pk)).out
    assert "Plain words." in shown
    assert cesai("card", "export", "Other", "-o", "out.md").code == 0
    assert (cesai.home / "out.md").read_text() == shown


def test_a_card_is_read_into_a_model_that_is_there(
    cesai: Shell, member: Caller, project: Project
) -> None:
    make.make_model(project, name="There", languages=["en"])
    cesai.write("README.md", CARD)
    done = cesai("card", "import", "README.md", "--model", "There")
    assert done.code == 0, done.err

    assert Model.objects.get().languages == ["de", "fr"]


def test_a_card_whose_front_matter_is_broken_is_refused(cesai: Shell, group: Group) -> None:
    cesai.write("README.md", CARD.replace("[de, fr]", "[de, fr"))
    done = cesai("card", "import", "README.md", "--group", group.slug, "--name=X")

    assert done.code == 2
    assert "README.md, line" in done.err
    assert not Model.objects.exists()


def test_a_guest_plans_nothing(shell_of: As, guest: Caller, plan: str) -> None:
    assert shell_of(guest)("plan", plan).code == 3
    assert not Model.objects.exists()
