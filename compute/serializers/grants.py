"""The shapes of other boards' grants, and of statements on them, in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compute.models import ExternalGrant, Statement
from compute.serializers.amounts import GpuHours, hours
from projects.serializers import PersonName, ResourceUrl


class StatementOut(serializers.ModelSerializer[Statement]):
    by = PersonName()

    class Meta:
        model = Statement
        fields = ["id", "by", "text", "at"]


class GrantOut(serializers.ModelSerializer[ExternalGrant]):
    url = ResourceUrl("grants")
    gpu_hours = hours("gpu_seconds")
    registered_by = PersonName()
    confirmed_by = PersonName(allow_null=True)
    model = serializers.UUIDField(
        source="shown_model",
        read_only=True,
        allow_null=True,
        help_text="Null if you may not see it.",
    )
    statements = StatementOut(many=True, read_only=True)

    class Meta:
        model = ExternalGrant
        fields = [
            "id", "url", "project", "pool", "model", "board", "reference", "decided_on",
            "decision", "amount", "conversion", "gpu_hours", "start", "end", "slurm_account",
            "state", "registered_by", "registered_at", "confirmed_by", "confirmed_at", "remark",
            "allocation", "statements",
        ]  # fmt: skip


class GrantIn(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    pool = serializers.UUIDField()
    model = serializers.UUIDField(required=False, allow_null=True, default=None)
    board = serializers.CharField(max_length=120, help_text="Who decided: EuroHPC, GCS, NHR …")
    reference = serializers.CharField(max_length=80, help_text="The board's own id of it.")
    decided_on = serializers.DateField()
    decision = serializers.CharField(
        max_length=10_000, default="", allow_blank=True, help_text="What it says, or its address."
    )
    amount = serializers.CharField(
        max_length=120, help_text="Verbatim, with the board's unit: “35 Mcore-h”."
    )
    conversion = serializers.CharField(
        max_length=2000, help_text="How the amount became GPU-hours: “÷ 12 cores a GPU”."
    )
    gpu_hours = GpuHours()
    start = serializers.DateField()
    end = serializers.DateField(help_text="The first day after the window, UTC.")
    slurm_account = serializers.CharField(
        max_length=40,
        default="",
        allow_blank=True,
        help_text="The site's own Slurm account of the grant; read, never written.",
    )


class RemarkIn(serializers.Serializer[Any]):
    remark = serializers.CharField(max_length=10_000, default="", allow_blank=True)


class StatementIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)
