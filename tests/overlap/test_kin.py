"""What an effort is kin to: ancestors and descendants, the nearest of them if there are many."""

from __future__ import annotations

from itertools import pairwise

import pytest

from projects.models import Project
from registry.models import Model
from registry.models.candidates import Kin, Sight, kin_of
from tests import make
from tests.conftest import Caller


@pytest.fixture
def line(project: Project) -> list[Model]:
    """Five models, each derived from the one before."""
    models = [make.make_model(project) for _each in range(5)]
    for parent, child in pairwise(models):
        make.make_edge(child, parent)
    return models


def _kin(model: Model, reader: Caller, **options: int) -> Kin:
    return kin_of(model.pk, Sight.of(reader.user), **options)


def _keys(models: list[Model]) -> frozenset[str]:
    return frozenset(str(model.pk) for model in models)


def test_it_reaches_from_the_first_to_the_last(line: list[Model], lead: Caller) -> None:
    assert _kin(line[2], lead) == Kin(_keys(line[:2]), _keys(line[3:]))


def test_of_more_than_are_read_the_nearest_count(line: list[Model], lead: Caller) -> None:
    assert _kin(line[2], lead, most=1) == Kin(_keys(line[1:2]), _keys(line[3:4]))


def test_a_stranger_learns_of_none(line: list[Model], stranger: Caller) -> None:
    assert _kin(line[2], stranger) == Kin()
