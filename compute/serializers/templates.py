"""The shapes of job templates in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from compute.models import JobTemplate, TemplateVersion
from compute.models.templates import FIELDS
from compute.serializers.amounts import WholeNumber
from projects.serializers import PersonName, ResourceUrl


class TemplateVersionOut(serializers.ModelSerializer[TemplateVersion]):
    by = PersonName(source="created_by")

    class Meta:
        model = TemplateVersion
        fields = ["number", *FIELDS, "locked", "note", "by", "created_at"]


class TemplateOut(serializers.ModelSerializer[JobTemplate]):
    url = ResourceUrl("templates")
    versions = TemplateVersionOut(many=True, read_only=True, help_text="The newest first.")

    class Meta:
        model = JobTemplate
        fields = [
            "id", "url", "name", "purpose", "description", "group", "cluster", "created_at",
            "retired_at", "versions",
        ]  # fmt: skip


class TemplateVersionIn(serializers.Serializer[Any]):
    script = serializers.CharField(trim_whitespace=False, max_length=1_000_000)
    gpus = WholeNumber(default=1, min_value=1, max_value=10**6)
    nodes = WholeNumber(default=1, min_value=1, max_value=10**6)
    minutes = WholeNumber(default=60, min_value=1, max_value=10**6)
    environment = serializers.DictField(
        child=serializers.CharField(max_length=4096, allow_blank=True, trim_whitespace=False),
        default=dict,
    )
    locked = serializers.ListField(
        child=serializers.ChoiceField(choices=FIELDS),
        default=list,
        help_text="What a job made of it cannot change.",
    )
    note = serializers.CharField(max_length=300, default="", allow_blank=True)


class TemplateIn(TemplateVersionIn):
    name = serializers.CharField(max_length=80)
    purpose = serializers.ChoiceField(choices=JobTemplate.Purpose.choices)
    description = serializers.CharField(max_length=5000, default="", allow_blank=True)
    group = serializers.UUIDField(required=False)
    cluster = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A group keeps it, or a cluster's operators."""
        if ("group" in attrs) == ("cluster" in attrs):
            raise serializers.ValidationError({"group": [_("Name a group or a cluster.")]})
        return attrs
