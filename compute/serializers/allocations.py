"""The shapes of allocations, limits, the ledger and usage in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from rest_framework import serializers

from compute.models import (
    Allocation,
    Balance,
    LedgerEntry,
    Limit,
    UsageRecord,
)
from compute.models.charging import Charges
from compute.models.words import reason_in_words
from compute.serializers.amounts import GpuHours, hours, moment
from projects.serializers import ResourceUrl


class BalanceOut(serializers.ModelSerializer[Balance]):
    available_gpu_hours = hours("available")
    reserved_gpu_hours = hours("reserved")
    used_gpu_hours = hours("used")

    class Meta:
        model = Balance
        fields = [
            "available_gpu_hours", "reserved_gpu_hours", "used_gpu_hours", "available", "reserved",
            "used",
        ]  # fmt: skip
        extra_kwargs = {
            name: {"help_text": "GPU-seconds"} for name in ("available", "reserved", "used")
        }


class AllocationOut(serializers.ModelSerializer[Allocation]):
    url = ResourceUrl("allocations")
    cluster = serializers.CharField(source="pool.cluster.slug", read_only=True)
    gpu_hours = hours("gpu_seconds")
    balance = BalanceOut(read_only=True)
    limit = serializers.UUIDField(source="limit.pk", read_only=True)
    limit_state = serializers.CharField(source="limit.state", read_only=True)

    class Meta:
        model = Allocation
        fields = [
            "id", "url", "project", "pool", "cluster", "origin", "state", "start", "end",
            "gpu_hours", "gpu_seconds", "slurm_account", "unix_user", "paused_at", "pause_reason",
            "balance", "limit", "limit_state", "created_at",
        ]  # fmt: skip


class DecisionIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=10_000, help_text="The project reads it.")


class ReturnIn(DecisionIn):
    gpu_hours = GpuHours()


class LimitOut(serializers.ModelSerializer[Limit]):
    url = ResourceUrl("limits")
    cluster = serializers.CharField(source="allocation.pool.cluster.slug", read_only=True)
    slurm_account = serializers.CharField(source="allocation.slurm_account", read_only=True)
    unix_user = serializers.CharField(source="allocation.unix_user", read_only=True)
    as_of = serializers.DateTimeField(source="observed_at", read_only=True, allow_null=True)
    is_to_be_closed = serializers.BooleanField(
        read_only=True, help_text="Nobody may submit under the account any more."
    )
    detail = serializers.SerializerMethodField(help_text="What it waits for, in words.")

    class Meta:
        model = Limit
        fields = [
            "id", "url", "allocation", "cluster", "slurm_account", "unix_user", "state",
            "desired_gpu_minutes", "observed_gpu_minutes", "is_to_be_closed",
            "observed_submit_jobs", "observed_user", "as_of", "verified_at", "unreachable_since",
            "detail", "command",
        ]  # fmt: skip

    def get_detail(self, limit: Limit) -> str:
        return reason_in_words(limit.detail)


class LedgerOut(serializers.ModelSerializer[LedgerEntry]):
    url = ResourceUrl("ledger")
    gpu_hours = hours("gpu_seconds")

    class Meta:
        model = LedgerEntry
        fields = [
            "id", "url", "allocation", "kind", "debit", "credit", "gpu_seconds", "gpu_hours",
            "job", "at",
        ]  # fmt: skip


class ChargeShape(TypedDict):
    amount: str
    unit: str
    rule: int | None


class UsageOut(serializers.ModelSerializer[UsageRecord]):
    url = ResourceUrl("usage")
    cluster = serializers.CharField(source="cluster.slug", read_only=True)
    submitted_at = serializers.SerializerMethodField()
    started_at = serializers.SerializerMethodField()
    ended_at = serializers.SerializerMethodField()
    is_foreign = serializers.BooleanField(read_only=True)
    as_of = serializers.DateTimeField(source="observed_at", read_only=True)
    charged = serializers.SerializerMethodField(
        help_text="What the site charges for it, in its unit; `rule` is null where it said so."
    )

    class Meta:
        model = UsageRecord
        fields = [
            "id", "url", "cluster", "allocation", "job", "slurm_job_id", "unix_user", "state",
            "submitted_at", "started_at", "ended_at", "elapsed", "gpus", "gpu_seconds",
            "is_foreign", "source", "charged", "as_of",
        ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._charges: dict[UUID, Charges] = {}

    def get_charged(self, usage: UsageRecord) -> ChargeShape | None:
        """Rules are read once for all that is shown."""
        pool = usage.allocation.pool
        if pool.pk not in self._charges:
            self._charges[pool.pk] = Charges([pool])
        found = self._charges[pool.pk].of(usage, pool.pk)
        if found is None:
            return None
        return {"amount": str(found.amount), "unit": found.unit, "rule": found.rule}

    def get_submitted_at(self, usage: UsageRecord) -> datetime | None:
        return moment(usage.submit_time)

    def get_started_at(self, usage: UsageRecord) -> datetime | None:
        return moment(usage.start_time)

    def get_ended_at(self, usage: UsageRecord) -> datetime | None:
        return moment(usage.end_time)
