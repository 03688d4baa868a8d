"""JSON: the registry's resources, by noun."""

from registry.api.cases import CaseResource
from registry.api.datasets import DatasetResource
from registry.api.derivations import DerivationResource
from registry.api.figures import FigureResource
from registry.api.models import ModelResource
from registry.api.overlaps import OverlapResource
from registry.api.versions import VersionResource
from registry.api.watches import WatchResource

RESOURCES = {
    "models": ModelResource,
    "versions": VersionResource,
    "figures": FigureResource,
    "derivations": DerivationResource,
    "datasets": DatasetResource,
    "overlaps": OverlapResource,
    "cases": CaseResource,
    "watches": WatchResource,
}
