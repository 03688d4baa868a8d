"""JSON: the registry's resources, by noun."""

from rest_framework.viewsets import ViewSetMixin

from registry.api.cases import CaseResource
from registry.api.catalogue import CatalogueResource
from registry.api.datasets import DatasetResource
from registry.api.derivations import DerivationResource
from registry.api.figures import FigureResource
from registry.api.models import ModelResource
from registry.api.overlaps import OverlapResource
from registry.api.versions import VersionResource
from registry.api.watches import WatchResource

RESOURCES: dict[str, type[ViewSetMixin]] = {
    "models": ModelResource,
    "versions": VersionResource,
    "figures": FigureResource,
    "derivations": DerivationResource,
    "datasets": DatasetResource,
    "overlaps": OverlapResource,
    "cases": CaseResource,
    "watches": WatchResource,
    "catalogue": CatalogueResource,
}
