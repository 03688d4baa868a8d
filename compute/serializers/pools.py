"""The shapes of pools, of what they offer and charge, in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compute.models import CapacityMonth, ChargeRule, Pool, Reserve
from compute.serializers.amounts import GpuHours, Month, hours
from projects.serializers import ResourceUrl


class SiteRules(serializers.Serializer[Any]):
    over_use = serializers.ChoiceField(choices=Pool.OverUse.choices, required=False)
    period = serializers.ChoiceField(choices=Pool.Period.choices, required=False)
    carries_over = serializers.BooleanField(required=False)


class PoolOut(serializers.ModelSerializer[Pool]):
    url = ResourceUrl("pools")
    cluster_slug = serializers.CharField(source="cluster.slug", read_only=True)

    class Meta:
        model = Pool
        fields = [
            "id", "url", "slug", "name", "cluster", "cluster_slug", "partition", "gpu_type",
            "gpu_count", "gpus_per_node", "gpu_memory_gb", "h100_weight", "gpu_watts",
            "max_minutes", "over_use", "period", "carries_over",
        ]  # fmt: skip


class ChargeRuleIn(serializers.Serializer[Any]):
    unit = serializers.CharField(max_length=16, help_text="As the site writes it: core-h.")
    per = serializers.ChoiceField(choices=ChargeRule.Per.choices)
    factor = serializers.DecimalField(
        max_digits=14, decimal_places=4, help_text="Units for one of `per`."
    )
    valid_from = serializers.DateField()


class ChargeRuleOut(serializers.ModelSerializer[ChargeRule]):
    class Meta:
        model = ChargeRule
        fields = ["version", "unit", "per", "factor", "valid_from", "created_at"]


class CapacityOut(serializers.ModelSerializer[CapacityMonth]):
    url = ResourceUrl("capacity")
    month = Month()
    offered_gpu_hours = hours("offered")
    granted_gpu_hours = hours("granted")
    reserved_gpu_hours = GpuHours(
        source="reserved",
        read_only=True,
        help_text="GPU-hours kept for partners, not granted yet.",
    )
    free_gpu_hours = GpuHours(
        source="free",
        read_only=True,
        help_text="GPU-hours; below zero where over-committed by decision.",
    )

    class Meta:
        model = CapacityMonth
        fields = [
            "id", "url", "pool", "month", "offered_gpu_hours", "granted_gpu_hours",
            "reserved_gpu_hours", "free_gpu_hours",
        ]  # fmt: skip


class CapacityIn(serializers.Serializer[Any]):
    months = serializers.DictField(
        child=GpuHours(may_be_zero=True), help_text='What is offered: {"2027-01": hours}'
    )
    decision = serializers.CharField(
        max_length=2000,
        default="",
        allow_blank=True,
        help_text="Whose decision it is to offer less than is granted; the month is marked.",
    )


class ReserveIn(serializers.Serializer[Any]):
    partner = serializers.UUIDField()
    months = serializers.DictField(
        child=GpuHours(may_be_zero=True), help_text='What is kept and not granted: {"2027-01": h}'
    )


class ReserveOut(serializers.ModelSerializer[Reserve]):
    month = Month()
    left_gpu_hours = hours("left")

    class Meta:
        model = Reserve
        fields = ["partner", "month", "left_gpu_hours"]
