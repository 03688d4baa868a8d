"""Changing a plan: one fact at a time, by members, with what was before in the log."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Project
from registry.models import Model
from registry.vocabulary import TrainingMode
from tests import make
from tests.conftest import Caller, calls_as


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project, name="Plan", parameters=7, languages=["de"])


def _change(caller: Caller, model: Model, **facts: Any) -> Any:
    return caller.patch(f"models/{model.pk}/", facts)


def test_a_member_changes_one_fact_and_the_others_stay(member: Caller, model: Model) -> None:
    changed = _change(member, model, parameters=8).json()

    assert (changed["parameters"], changed["languages"], changed["name"]) == (8, ["de"], "Plan")


def test_a_fact_can_be_unknown_again(member: Caller, model: Model) -> None:
    assert _change(member, model, parameters=None).json()["parameters"] is None


def test_the_log_tells_what_was_before_and_after(member: Caller, model: Model) -> None:
    _change(member, model, parameters=8, window={"start": "2027-01-01", "end": None})

    event = Event.objects.get(kind="update_model")
    assert event.changes == {"parameters": [7, 8], "window_start": [None, "2027-01-01"]}


def test_changing_nothing_is_no_decision(member: Caller, model: Model) -> None:
    assert _change(member, model, parameters=7).status_code == 200
    assert not Event.objects.filter(kind="update_model").exists()


def test_a_model_drawn_back_to_its_group_is_told_to_nobody_else(
    member: Caller, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)
    shared = make.make_model(project, visibility="project")

    _change(member, shared, visibility="group", name="canary")

    other = calls_as(make.make_member(joined))
    assert b"canary" not in other.get("events/").content
    assert other.get(f"models/{shared.pk}/").status_code == 404


def test_a_window_that_would_run_backwards_is_refused(member: Caller, model: Model) -> None:
    window = {"start": "2027-02-01", "end": "2027-01-01"}

    refused = _change(member, model, window=window)

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["window"])


def test_the_name_of_another_model_of_the_group_is_refused(
    member: Caller, model: Model, project: Project
) -> None:
    make.make_model(project, name="Other")

    assert _change(member, model, name="Other").status_code == 409


@pytest.mark.parametrize(
    "field", ["group", "project", "state", "parents", "id", "created_by", "window_start"]
)
def test_what_is_no_fact_is_refused_by_name(member: Caller, model: Model, field: str) -> None:
    refused = _change(member, model, **{field: None})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("who", ["guest", "auditor", "quota_admin", "portal_admin"])
def test_who_may_only_read_changes_nothing(
    model: Model, who: str, request: pytest.FixtureRequest
) -> None:
    assert _change(request.getfixturevalue(who), model, name="Mine").status_code == 403


def test_a_group_that_takes_part_reads_and_changes_nothing(model: Model, project: Project) -> None:
    joined = make.make_group()
    make.join(project, joined)
    Model.objects.update(visibility="project")

    assert _change(calls_as(make.make_member(joined)), model, name="Mine").status_code == 403


def test_to_a_stranger_a_model_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = _change(stranger, model, name="Mine")

    unknown = stranger.patch(f"models/{make.key()}/", {"name": "Mine"})
    assert (hidden.status_code, hidden.content) == (404, unknown.content)


def test_missing_facts_shrink_as_they_become_known(member: Caller, model: Model) -> None:
    facts = {"modality_out": ["text"], "tasks": ["chat"], "tokens": 1}

    left = _change(member, model, training_mode=TrainingMode.FINETUNE, **facts).json()

    assert left["missing_facts"] == ["window"]
