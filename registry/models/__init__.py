"""What: the tables of model efforts, their versions, figures, and where they come from."""

from registry.models.datasets import Dataset, DatasetDerivation, TrainedOn
from registry.models.derivations import Derivation
from registry.models.figures import Figure
from registry.models.models import Model, ModelMove
from registry.models.versions import Alias, Fingerprint, Version

__all__ = [
    "Alias",
    "Dataset",
    "DatasetDerivation",
    "Derivation",
    "Figure",
    "Fingerprint",
    "Model",
    "ModelMove",
    "TrainedOn",
    "Version",
]
