"""JSON: the registry's resources, by noun."""

from registry.api.datasets import DatasetResource
from registry.api.derivations import DerivationResource
from registry.api.figures import FigureResource
from registry.api.models import ModelResource
from registry.api.versions import VersionResource

RESOURCES = {
    "models": ModelResource,
    "versions": VersionResource,
    "figures": FigureResource,
    "derivations": DerivationResource,
    "datasets": DatasetResource,
}
