"""The shapes of datasets in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from projects.serializers import ResourceUrl
from registry.models import Dataset
from registry.models.labels import DATASET_KIND_LABELS
from registry.serializers.models import words
from registry.vocabulary import LANGUAGE, MOST_COUNT, DatasetKind


class DatasetParentIn(serializers.Serializer[Any]):
    dataset = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DATASET_KIND_LABELS, default=DatasetKind.UNKNOWN)


class DatasetChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, required=False)
    languages = words(LANGUAGE, _("ISO 639 codes such as de or en."), 3)
    tokens = serializers.IntegerField(
        min_value=1, max_value=MOST_COUNT, required=False, allow_null=True
    )
    licence = serializers.CharField(max_length=60, required=False, allow_blank=True)
    homepage = serializers.URLField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=50_000, required=False, allow_blank=True)
    parents = DatasetParentIn(  # type: ignore[call-arg]
        many=True, required=False, max_length=100, help_text="Replace those that are there."
    )


class DatasetIn(DatasetChange):
    name = serializers.CharField(max_length=200)
    group = serializers.UUIDField()
    project = serializers.UUIDField(required=False, allow_null=True, default=None)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, default=Visibility.GROUP)


class DatasetOut(serializers.ModelSerializer[Dataset]):
    url = ResourceUrl("datasets")
    parents = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = [
            "id", "url", "name", "group", "project", "visibility", "languages", "tokens",
            "licence", "homepage", "description", "parents", "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(DatasetParentIn(many=True))
    def get_parents(self, dataset: Dataset) -> list[dict[str, Any]]:
        return [{"dataset": edge.parent_id, "kind": edge.kind} for edge in dataset.parents.all()]
