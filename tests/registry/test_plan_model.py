"""Planning a model: registered before training, with facts that come back as they went in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Event, Group, Project
from projects.roles import Role
from registry.models import Model
from registry.models.labels import MODALITY_LABELS, TRAINING_MODE_LABELS
from registry.terms import DOMAINS, TASKS
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller, calls_as


def _plan(caller: Caller, group: Group, **facts: Any) -> Any:
    return caller.post("models/", {"name": "Plan", "group": str(group.pk), **facts})


def test_a_member_plans_a_model(member: Caller, group: Group) -> None:
    made = _plan(member, group)

    assert made.status_code == 201
    assert made.json()["state"] == "planned"


def test_a_plan_is_its_groups_own_unless_told_otherwise(member: Caller, group: Group) -> None:
    assert _plan(member, group).json()["visibility"] == "group"


def test_a_plan_has_one_version_without_a_number(member: Caller, group: Group) -> None:
    model = Model.objects.get(pk=_plan(member, group).json()["id"])

    assert [version.number for version in model.versions.all()] == [None]


def test_planning_is_told_in_the_log(member: Caller, group: Group, project: Project) -> None:
    _plan(member, group, project=str(project.pk), visibility="project")

    event = Event.objects.get(kind="plan_model")
    assert (event.actor, event.project) == (member.user, project)


def test_an_empty_plan_names_all_the_facts_it_lacks(member: Caller, group: Group) -> None:
    assert _plan(member, group).json()["missing_facts"] == [
        "modality_out", "languages", "tasks", "training_mode", "parameters", "tokens", "window"
    ]  # fmt: skip


def test_a_guest_plans_nothing(guest: Caller, group: Group) -> None:
    assert _plan(guest, group).status_code == 403


def test_a_stranger_plans_nothing_in_our_group(stranger: Caller, group: Group) -> None:
    assert _plan(stranger, group).status_code == 403
    assert not Model.objects.exists()


def test_a_strangers_plan_in_our_hidden_project_is_refused_as_in_none(
    stranger: Caller, project: Project
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)

    hidden = _plan(stranger, own, project=str(project.pk))

    assert hidden.status_code == 404
    assert hidden.content == _plan(stranger, own, project=make.key()).content


def test_a_stranger_plans_nothing_in_a_project_they_merely_see(
    stranger: Caller, project: Project
) -> None:
    own = Group.objects.get(memberships__user=stranger.user)
    Project.objects.update(visibility="public")

    assert _plan(stranger, own, project=str(project.pk)).status_code == 403


def test_who_takes_part_in_one_project_plans_nothing_in_another(project: Project) -> None:
    theirs, shown = make.make_group(), make.make_project(slug="shown", visibility="partners")
    make.join(project, theirs)
    member = calls_as(make.make_member(theirs))

    assert _plan(member, theirs, project=str(shown.pk)).status_code == 403
    assert _plan(member, theirs, project=str(project.pk)).status_code == 201


def test_a_guest_of_a_group_that_takes_part_plans_nothing_in_the_project(project: Project) -> None:
    theirs = make.make_group()
    make.join(project, theirs)
    guest = make.make_member(theirs, Role.GUEST)
    own = make.make_group()
    guest.memberships.create(group=own, role=Role.MEMBER)

    assert _plan(calls_as(guest), own, project=str(project.pk)).status_code == 403


def test_a_group_that_takes_part_plans_its_own_model_in_the_project(project: Project) -> None:
    joined = make.make_group()
    make.join(project, joined)
    other = calls_as(make.make_member(joined))

    assert _plan(other, joined, project=str(project.pk)).status_code == 201


def test_a_name_is_taken_once_per_group(member: Caller, group: Group) -> None:
    _plan(member, group)

    refused = _plan(member, group)

    assert (refused.status_code, list(refused.json()["errors"])) == (409, ["name"])


def test_the_name_of_a_withdrawn_model_is_free_again(member: Caller, group: Group) -> None:
    _plan(member, group)
    Model.objects.update(state="withdrawn")

    assert _plan(member, group).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_plans_with_one_name_one_is_registered(member: Caller, group: Group) -> None:
    answers = at_once(*[lambda: _plan(member, group)] * 2)

    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a/b"), ("name", "a:b"), ("name", "x" * 121), ("name", "a\nb"), ("name", ""),
        ("name", "a\x00"), ("name", None), ("name", []),
        ("visibility", "everyone"), ("state", "withdrawn"), ("training_mode", "magic"),
        ("modality_in", ["smell"]), ("modality_in", "text"), ("modality_out", [["text"]]),
        ("languages", ["Xde"]), ("languages", ["german"]), ("languages", ["d"]),
        ("languages", ["de"] * 101), ("languages", "de"),
        ("tasks", ["Ä b"]), ("tasks", ["-x"]), ("tasks", ["unheard-of"]),
        ("domains", ["x" * 41]), ("domains", [None]),
        ("parameters", 0), ("parameters", -1), ("parameters", 10**18 + 1), ("parameters", 2**200),
        ("parameters", "many"), ("parameters", 1.5), ("parameters", True), ("tokens", 0),
        ("datasets", ["x" * 201]), ("datasets", ["x"] * 201), ("datasets", {"a": 1}),
        ("licence", "x" * 61), ("architecture", "x" * 61), ("description", "x" * 50_001),
        ("window", {"start": "tomorrow"}), ("window", "2027"), ("window", {"end": "99999-01-01"}),
        ("window", {"start": "2027-02-30"}),
        ("window", {"start": "2027-02-01", "end": "2027-02-01"}),
        ("id", "x"), ("created_by", "x"), ("updated_at", "x"), ("missing_facts", []),
    ],
)  # fmt: skip
def test_a_fact_that_is_not_accepted_is_named(
    member: Caller, group: Group, field: str, value: Any
) -> None:
    refused = _plan(member, group, **{field: value})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert not Model.objects.exists()


def test_a_misspelt_part_of_the_window_is_refused_and_not_dropped(
    member: Caller, group: Group
) -> None:
    refused = _plan(member, group, window={"begin": "2027-01-01"})

    assert list(refused.json()["errors"]) == ["window.begin"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60).map(str.strip)
FACTS = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[^/:\x00-\x1f\s]{1,60}", fullmatch=True),
        "modality_in": st.sets(st.sampled_from([m for m, _ in MODALITY_LABELS])).map(sorted),
        "modality_out": st.sets(st.sampled_from([m for m, _ in MODALITY_LABELS])).map(sorted),
        "architecture": TEXT,
        "languages": st.lists(st.from_regex(r"[a-z]{2,3}", fullmatch=True), max_size=5),
        "domains": st.lists(st.sampled_from(sorted(DOMAINS)), max_size=3, unique=True),
        "tasks": st.lists(st.sampled_from(sorted(TASKS)), max_size=3, unique=True),
        "training_mode": st.sampled_from([mode for mode, _ in TRAINING_MODE_LABELS]),
        "parameters": st.none() | st.integers(1, 10**18),
        "tokens": st.none() | st.integers(1, 10**18),
        "datasets": st.lists(TEXT.filter(bool), max_size=3),
        "licence": TEXT,
        "description": TEXT,
    }
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(facts=FACTS)
def test_facts_come_back_as_they_went_in(
    member: Caller, group: Group, facts: dict[str, Any]
) -> None:
    Model.objects.update(state="withdrawn")  # the last example's, so that its name is free

    made = _plan(member, group, **facts)

    assert made.status_code == 201, made.json()
    shown = member.get(f"models/{made.json()['id']}/").json()
    assert {name: shown[name] for name in facts} == facts


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
    end=st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
)
def test_a_window_comes_back_unless_it_runs_backwards(
    member: Caller, group: Group, start: date | None, end: date | None
) -> None:
    Model.objects.update(state="withdrawn")
    window = {"start": start and start.isoformat(), "end": end and end.isoformat()}

    answer = _plan(member, group, window=window)

    if start and end and end <= start:
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["window"])
    else:
        assert answer.json()["window"] == window
