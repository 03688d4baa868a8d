"""What is found when little is known yet."""

from __future__ import annotations

from typing import Any

from projects.models import Project
from registry.detect import neighbours
from tests import make
from tests.conftest import Caller


def test_a_plan_without_size_and_window_meets_its_neighbours(
    member: Caller, project: Project
) -> None:
    facts: Any = {"languages": ["de"], "tasks": ["translation"], "modality_out": ["text"]}
    theirs = make.make_model(visibility="public", parameters=7 * 10**9, **facts)
    ours = make.make_model(project, **facts)
    [found] = neighbours(ours, member.user, now=make.now())
    assert found.key == str(theirs.pk)


def test_a_plan_without_a_window_is_found_by_its_size(member: Caller, project: Project) -> None:
    facts: Any = {"languages": ["de", "en"], "tasks": ["translation"], "modality_out": ["text"]}
    theirs = make.make_model(visibility="public", parameters=7 * 10**9, **facts)
    ours = make.make_model(project, parameters=9 * 10**9, tokens=4 * 10**12, **facts)
    [found] = neighbours(ours, member.user, now=make.now())
    assert found.key == str(theirs.pk)


def test_a_stranger_to_the_other_group_finds_nothing(member: Caller, project: Project) -> None:
    facts: Any = {"languages": ["de"], "tasks": ["translation"], "modality_out": ["text"]}
    make.make_model(visibility="group", **facts)
    assert neighbours(make.make_model(project, **facts), member.user, now=make.now()) == []
