"""The shapes of figures in the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects.serializers import ResourceUrl
from registry.models import Figure
from registry.models.labels import FIGURE_KIND_LABELS, STAGE_LABELS
from registry.vocabulary import Stage


class FigureIn(serializers.Serializer[Any]):
    model = serializers.UUIDField(required=False)
    version = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=FIGURE_KIND_LABELS)
    stage = serializers.ChoiceField(choices=STAGE_LABELS, default=Stage.ACTUAL)
    value = serializers.DecimalField(
        max_digits=38,
        decimal_places=6,
        required=False,
        allow_null=True,
        default=None,
        help_text="In the unit of its kind; null says that it is not known any more.",
    )
    day = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Of kind released_on."
    )
    as_of = serializers.DateField(default=lambda: timezone.now().date())
    note = serializers.CharField(max_length=300, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """About a model or about one version."""
        if len({"model", "version"} & set(attrs)) != 1:
            raise serializers.ValidationError(_("Name either model or version."))
        return attrs


class FigureOut(serializers.ModelSerializer[Figure]):
    url = ResourceUrl("figures")
    unit = serializers.CharField(read_only=True)

    class Meta:
        model = Figure
        fields = [
            "id", "url", "model", "version", "kind", "stage", "value", "unit", "day", "source",
            "confidence", "as_of", "note", "recorded_at",
        ]  # fmt: skip
