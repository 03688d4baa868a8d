"""Finding similar efforts: the pairs that are stored, and what a reader is shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from projects.models import Project
from registry.actions.comparing import compare_due, compare_model
from registry.detect import neighbours
from registry.languages import EU
from registry.models import Block, Model, Overlap
from tests import make
from tests.conftest import Caller

BASE: dict[str, Any] = {
    "modality_in": ["text"],
    "modality_out": ["text"],
    "languages": list(EU),
    "tasks": ["general"],
    "training_mode": "from_scratch",
    "parameters": 9_000_000_000,
    "tokens": 4_000_000_000_000,
    "window_start": date(2027, 9, 1),
    "window_end": date(2028, 1, 1),
    "visibility": "partners",
}


def plan(project: Project | None = None, **facts: Any) -> Model:
    return make.make_model(project, **{**BASE, **facts})


@pytest.fixture
def theirs(db: None) -> Model:
    """A parallel effort of another partner that every partner may see."""
    return plan(name="Theirs-9B", languages=list(EU[:22]), parameters=8_000_000_000)


def test_parallel_efforts_of_two_partners_are_flagged_with_reasons(
    member: Caller, project: Project, theirs: Model
) -> None:
    ours = plan(project, name="Ours-9B")
    [found] = neighbours(ours, member.user, now=make.now())
    assert found.key == str(theirs.pk)
    assert found.probability > 0.9
    assert found.kind == "duplicate"
    assert "22 of 24 languages in common" in [bar["en"] for bar in found.reasons]
    assert found.counterfactual is not None
    assert found.counterfactual["de"].startswith("Läge unter der Linie")


def test_comparing_stores_the_pair_once_whichever_side_is_compared(
    project: Project, theirs: Model
) -> None:
    ours = plan(project)
    compare_model(model=ours, now=make.now())
    compare_model(model=theirs, now=make.now())
    row = Overlap.objects.get()
    assert row.found_by_a
    assert row.found_by_b
    assert row.is_live
    assert row.stake_low > 0


def test_due_models_are_compared_once(project: Project, theirs: Model) -> None:
    plan(project)
    assert compare_due(now=make.now()) == 2
    assert compare_due(now=make.now()) == 0
    assert Overlap.objects.count() == 1


def test_a_descendant_is_no_redundancy(project: Project, theirs: Model) -> None:
    ours = plan(project, training_mode="continued")
    make.make_edge(ours, theirs, "continued_pretraining")
    compare_model(model=ours, now=make.now())
    assert not Overlap.objects.flagged().exists()


def test_a_pair_that_is_no_longer_alike_goes(project: Project, theirs: Model) -> None:
    ours = plan(project)
    compare_model(model=ours, now=make.now())
    Model.objects.filter(pk=ours.pk).update(modality_out=["image"], tasks=["text-to-image"])
    compare_model(model=Model.objects.get(pk=ours.pk), now=make.now())
    assert not Overlap.objects.exists()


def test_what_ended_is_not_looked_for(project: Project, theirs: Model, member: Caller) -> None:
    ours = plan(project)
    Model.objects.filter(pk=theirs.pk).update(state="withdrawn")
    assert not Block.objects.filter(model=theirs).exists()
    assert neighbours(ours, member.user, now=make.now()) == []


def test_a_released_model_could_be_built_on(
    project: Project, theirs: Model, member: Caller
) -> None:
    ours = plan(project)
    Model.objects.filter(pk=theirs.pk).update(state="released")
    [found] = neighbours(ours, member.user, now=make.now())
    assert found.kind == "reuse_candidate"


def test_a_stranger_finds_no_private_effort(
    project: Project, theirs: Model, stranger: Caller
) -> None:
    plan(project, visibility="group")
    assert neighbours(theirs, stranger.user, now=make.now()) == []
