"""What a test makes for itself where threads and processes must see it: all of it committed."""

from __future__ import annotations

from compute.models import Allocation, Pool
from projects.models import Group, Project
from projects.roles import Role
from tests import make


def own_project() -> Project:
    """A project of a group that has a lead."""
    group: Group = make.make_group()
    make.make_member(group, Role.LEAD)
    return make.make_project(group)


def own_allocation(pool: Pool | None = None) -> Allocation:
    """60 GPU-hours of a new project, in force."""
    return make.make_allocation(own_project(), pool)
