"""What the attacks are aimed at: a group's private model with a card, its pool and its hours."""

from __future__ import annotations

import pytest

from compute.models import Allocation, Cluster, Pool, Request
from projects.models import Project
from registry.models import Model
from tests import make
from tests.conftest import Caller
from tests.world import CANARY


@pytest.fixture
def secret(project: Project) -> Model:
    """A model that only its group sees; each of its texts holds the canary."""
    model = make.make_model(
        project, name=f"Secret {CANARY}", description=CANARY, licence=CANARY, architecture=CANARY
    )
    Model.objects.filter(pk=model.pk).update(card=f"# A card of {CANARY}")
    make.make_version(model, source=f"s3://{CANARY}", description=CANARY)
    return model


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
