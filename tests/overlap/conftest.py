"""The pair of similar efforts and the case that most tests of cases begin with."""

from __future__ import annotations

import pytest

from projects.models import Project
from projects.roles import Role
from registry.models import Case, Overlap
from tests import make
from tests.conftest import Caller, calls_as
from tests.overlap.similar import case_about, flagged_pair, led_by


@pytest.fixture
def other(db: None) -> Caller:
    """The lead of the group that plans the confidential effort of the pair."""
    return calls_as(make.make_member(make.make_group(name="Others"), Role.LEAD, "other"))


@pytest.fixture
def second(db: None) -> Caller:
    """Another coordinator."""
    return calls_as(make.make_staff(Role.COORDINATOR, "second"))


@pytest.fixture
def pair(project: Project, other: Caller) -> Overlap:
    """Ours-9B, which every partner may see, and Secret-9B of the others."""
    return flagged_pair(project, make.make_project(led_by(other.user)))


@pytest.fixture
def case(pair: Overlap, coordinator: Caller) -> Case:
    """A case about the pair; nobody is invited yet."""
    return case_about(pair, by=coordinator.user)
