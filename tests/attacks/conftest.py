"""What the attacks are aimed at: a group's private model with a card."""

from __future__ import annotations

import pytest

from projects.models import Project
from registry.models import Model
from tests import make
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
