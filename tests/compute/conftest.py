"""The pool and the allocation that most tests of compute begin with."""

from __future__ import annotations

import pytest

from compute.models import Allocation, Cluster, Pool, Request
from projects.models import Project
from tests import make
from tests.conftest import Caller


@pytest.fixture
def pool(cluster: Cluster) -> Pool:
    return make.make_pool(cluster, slug="north-gpu", name="North GPUs")


@pytest.fixture
def handed_in(project: Project, pool: Pool) -> Request:
    """A request for 100 GPU-hours that waits for a decision."""
    return make.make_request(project, pool)


@pytest.fixture
def allocation(project: Project, pool: Pool, quota_admin: Caller) -> Allocation:
    """60 GPU-hours, in force."""
    return make.make_allocation(project, pool, by=quota_admin.user)
