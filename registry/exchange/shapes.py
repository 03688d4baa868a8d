"""What a line of each type says: the shapes of the API, with the sender's keys beside UUIDs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects.models.projects import VISIBILITY_LABELS
from registry.models.labels import DATASET_KIND_LABELS, STATE_LABELS
from registry.serializers.datasets import DatasetChange
from registry.serializers.figures import FigureIn
from registry.serializers.models import ModelChange, ParentIn
from registry.serializers.versions import VersionChange
from registry.vocabulary import NAME, DatasetKind


def _reference(what: str, **options: Any) -> Any:
    return serializers.CharField(max_length=200, help_text=f"{what}, by key or UUID.", **options)


class ParentLine(ParentIn):
    model = _reference("Its newest version, else its plan", required=False)
    version = _reference("A version", required=False)


class DatasetParentLine(serializers.Serializer[Any]):
    dataset = _reference("A dataset")
    kind = serializers.ChoiceField(choices=DATASET_KIND_LABELS, default=DatasetKind.UNKNOWN)


class DatasetLine(DatasetChange):
    name = serializers.CharField(max_length=200)
    group = serializers.UUIDField(required=False)
    project = serializers.UUIDField(required=False, allow_null=True)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, required=False)
    parents = DatasetParentLine(many=True, required=False, max_length=100)  # type: ignore[call-arg, assignment]


class ModelLine(ModelChange):
    name = serializers.RegexField(
        NAME,
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    group = serializers.UUIDField(required=False)
    project = serializers.UUIDField(required=False, allow_null=True)
    state = serializers.ChoiceField(choices=STATE_LABELS, required=False)
    parents = ParentLine(many=True, required=False, max_length=100)  # type: ignore[call-arg]


class VersionLine(VersionChange):
    model = _reference("A model of the group")
    source = serializers.CharField(max_length=2048)
    parents = ParentLine(many=True, required=False, max_length=100)  # type: ignore[call-arg]


class FigureLine(FigureIn):
    model = _reference("A model of the group", required=False)
    version = _reference("A version of the group", required=False)


class DerivationLine(ParentLine):
    child = _reference("A version of the group, or a model for its newest")


SHAPES: dict[str, type[serializers.Serializer[Any]]] = {
    "dataset": DatasetLine,
    "model": ModelLine,
    "version": VersionLine,
    "figure": FigureLine,
    "derivation": DerivationLine,
}
