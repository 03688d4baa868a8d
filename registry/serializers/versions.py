"""The shapes of versions and their fingerprints in the API."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects.serializers import ResourceUrl
from registry.models import Fingerprint, Version
from registry.models.sources import is_hidden_copy
from registry.serializers.models import ParentIn

SHA256 = re.compile(r"\A[0-9a-fA-F]{64}\Z")
DTYPE = re.compile(r"\A[A-Za-z0-9_]{1,16}\Z")


class VersionChange(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=2048, required=False, help_text="Where the weights lie, as an address."
    )
    run_id = serializers.CharField(max_length=100, required=False, allow_blank=True)
    run_link = serializers.CharField(max_length=500, required=False, allow_blank=True)
    description = serializers.CharField(max_length=50_000, required=False, allow_blank=True)


class VersionIn(VersionChange):
    model = serializers.UUIDField()
    source = serializers.CharField(
        max_length=2048, help_text="Where the weights lie, as an address."
    )
    parents = ParentIn(many=True, required=False, default=list, max_length=100)  # type: ignore[call-arg]


class VersionOut(serializers.ModelSerializer[Version]):
    url = ResourceUrl("versions")
    aliases = serializers.SerializerMethodField()
    tags = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Version
        fields = [
            "id", "url", "model", "number", "source", "run_id", "run_link", "description", "tags",
            "stage", "aliases", "withdrawn_at", "created_at", "updated_at",
        ]  # fmt: skip

    def to_representation(self, version: Version) -> dict[str, Any]:
        """As it is, but of a copy of something hidden neither source nor run."""
        shown = super().to_representation(version)
        if is_hidden_copy(version, self.context["request"].user):
            shown |= {"source": "", "run_id": "", "run_link": ""}
        return shown

    def get_aliases(self, version: Version) -> list[str]:
        return [alias.name for alias in version.aliases.all()]


class TensorIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=300)
    dtype = serializers.RegexField(DTYPE, help_text="As in the header: BF16, F32, I8 …")
    shape = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=2**40), max_length=8
    )
    sha256 = serializers.RegexField(
        SHA256, required=False, help_text="Of the tensor's bytes, if you computed it."
    )


class ShardIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=300)
    sha256 = serializers.RegexField(SHA256)
    bytes = serializers.IntegerField(min_value=0, max_value=2**60)


class FingerprintIn(serializers.Serializer[Any]):
    """The headers of all safetensors files of a version; never the weights."""

    tensors = TensorIn(many=True, max_length=20_000)  # type: ignore[call-arg]
    shards = ShardIn(many=True, required=False, default=list, max_length=2_000)  # type: ignore[call-arg]

    def validate_tensors(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """No tensor so large that its count would not fit."""
        total = 0
        for row in rows:
            count = 1
            for side in row["shape"]:
                count *= side
            total += count
        if total >= 2**62:
            raise serializers.ValidationError(_("The shapes are larger than any model."))
        return rows


class FingerprintOut(serializers.ModelSerializer[Fingerprint]):
    version = serializers.UUIDField(source="version_id")

    class Meta:
        model = Fingerprint
        fields = [
            "version", "architecture", "tensors", "parameters", "is_packed", "shards",
            "recorded_at",
        ]  # fmt: skip


class ComparisonOut(serializers.Serializer[Any]):
    """How much of the first version stands in the second, as shares from 0 to 1."""

    is_same_copy = serializers.BooleanField()
    is_same_architecture = serializers.BooleanField()
    structure_share = serializers.FloatField(help_text="Tensors with the same name and shape.")
    content_share = serializers.FloatField(
        allow_null=True, help_text="Tensors with the same content; null where none was digested."
    )
