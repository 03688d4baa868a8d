"""The shapes of clusters, pools, requests, allocations, the ledger and jobs in the API."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.models import (
    Allocation,
    AwardLine,
    Balance,
    CapacityMonth,
    Cluster,
    Credential,
    Job,
    LedgerEntry,
    Limit,
    Pool,
    Request,
    RequestLine,
    UsageRecord,
)
from compute.models.words import reason_in_words
from compute.quota import BadAmount, gpu_hours, gpu_seconds
from projects.serializers import ResourceUrl


@extend_schema_field(
    {"type": "string", "format": "decimal", "description": "GPU-hours, ≤ 4 decimals"}
)
class GpuHours(serializers.Field[Any, Any, Any, Any]):
    """GPU-hours outside, whole GPU-seconds inside."""

    def __init__(self, *, may_be_zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.may_be_zero = may_be_zero

    def to_internal_value(self, data: Any) -> int:
        """Seconds, rounded half-even. Raises ValidationError for anything that is no amount."""
        if isinstance(data, bool) or not isinstance(data, (int, float, str)):
            raise serializers.ValidationError(_("A number of GPU-hours with at most 4 decimals."))
        try:
            if self.may_be_zero and Decimal(str(data)) == 0:
                return 0
            return gpu_seconds(data)
        except (BadAmount, ArithmeticError) as error:
            raise serializers.ValidationError(
                _("“%(value)s” is no amount: above 0, at most 4 decimals, one second at least.")
                % {"value": str(data)[:40]}
            ) from error

    def to_representation(self, value: int) -> str:
        return str(gpu_hours(value))


def hours(source: str) -> GpuHours:
    """A read-only amount, from a column in GPU-seconds."""
    return GpuHours(source=source, read_only=True)


class ClusterOut(serializers.ModelSerializer[Cluster]):
    url = ResourceUrl("clusters")
    state = serializers.SerializerMethodField(help_text="up, down, or unknown.")
    as_of = serializers.DateTimeField(source="health.checked_at", read_only=True)
    answered_at = serializers.DateTimeField(source="health.answered_at", read_only=True)
    unreachable_since = serializers.DateTimeField(
        source="health.unreachable_since", read_only=True
    )
    slurm_version = serializers.CharField(source="health.slurm_version", read_only=True)
    wire = serializers.CharField(source="health.wire", read_only=True)

    class Meta:
        model = Cluster
        fields = [
            "id", "url", "slug", "name", "partner", "description", "connection", "limit_mode",
            "is_simulated", "project_directory", "state", "as_of", "answered_at",
            "unreachable_since", "slurm_version", "wire",
        ]  # fmt: skip

    def get_state(self, cluster: Cluster) -> str:
        return {True: "up", False: "down", None: "unknown"}[cluster.health.is_up]


class ClusterChange(serializers.ModelSerializer[Cluster]):
    class Meta:
        model = Cluster
        fields = [
            "name", "description", "connection", "limit_mode", "rest_url", "slurm_cluster",
            "parent_account", "project_directory", "sacctmgr",
        ]  # fmt: skip


class CredentialIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Credential.Kind.choices)
    token = serializers.CharField(
        max_length=8192, help_text="A JWT with an end; never shown again."
    )


class CredentialOut(serializers.ModelSerializer[Credential]):
    class Meta:
        model = Credential
        fields = ["unix_user", "kind", "expires_at", "delivered_at"]


class PoolOut(serializers.ModelSerializer[Pool]):
    url = ResourceUrl("pools")
    cluster_slug = serializers.CharField(source="cluster.slug", read_only=True)

    class Meta:
        model = Pool
        fields = [
            "id", "url", "slug", "name", "cluster", "cluster_slug", "partition", "gpu_type",
            "gpu_count", "gpus_per_node", "gpu_memory_gb", "h100_weight", "gpu_watts",
            "max_minutes", "over_use",
        ]  # fmt: skip


class CapacityOut(serializers.ModelSerializer[CapacityMonth]):
    url = ResourceUrl("capacity")
    month = serializers.DateField(format="%Y-%m")
    offered_gpu_hours = hours("offered")
    granted_gpu_hours = hours("granted")
    free_gpu_hours = hours("free")

    class Meta:
        model = CapacityMonth
        fields = [
            "id", "url", "pool", "month", "offered_gpu_hours", "granted_gpu_hours", "free_gpu_hours",
        ]  # fmt: skip


class AwardLineOut(serializers.ModelSerializer[AwardLine]):
    month = serializers.DateField(format="%Y-%m")
    gpu_hours = hours("gpu_seconds")

    class Meta:
        model = AwardLine
        fields = ["month", "gpu_hours", "gpu_seconds"]


class RequestLineOut(serializers.ModelSerializer[RequestLine]):
    gpu_hours = hours("gpu_seconds")
    awarded_gpu_hours = serializers.SerializerMethodField()
    months = AwardLineOut(source="awards", many=True, read_only=True)
    allocation = serializers.SerializerMethodField()

    class Meta:
        model = RequestLine
        fields = [
            "id", "pool", "start", "end", "gpu_hours", "gpu_seconds", "awarded_gpu_hours", "months",
            "allocation",
        ]  # fmt: skip

    def get_awarded_gpu_hours(self, line: RequestLine) -> str:
        return str(gpu_hours(sum(award.gpu_seconds for award in line.awards.all())))

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_allocation(self, line: RequestLine) -> Any:
        allocation = getattr(line, "allocation", None)
        return allocation.pk if allocation else None


class WhyNotShape(serializers.Serializer[Any]):
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=Request.WhyNot.choices), max_length=6, default=list
    )
    text = serializers.CharField(max_length=10_000, default="", allow_blank=True)


class RequestOut(serializers.ModelSerializer[Request]):
    url = ResourceUrl("requests")
    why_not_reuse = serializers.SerializerMethodField()
    lines = RequestLineOut(many=True, read_only=True)
    waiting_on = serializers.CharField(read_only=True)

    class Meta:
        model = Request
        fields = [
            "id", "url", "project", "model", "kind", "purpose", "state", "justification",
            "why_not_reuse", "lines", "waiting_on", "due_at", "created_at", "submitted_at",
            "decided_at", "decision_reason",
        ]  # fmt: skip

    def get_why_not_reuse(self, request: Request) -> WhyNotShape:
        shape: Any = {"reasons": request.why_not_reasons, "text": request.why_not_text}
        return shape  # type: ignore[no-any-return]


class LineIn(serializers.Serializer[Any]):
    pool = serializers.UUIDField()
    gpu_hours = GpuHours()
    start = serializers.DateField()
    end = serializers.DateField(help_text="The first day after the window, UTC.")


class RequestIn(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Request.Kind.choices, default=Request.Kind.NEW)
    purpose = serializers.ChoiceField(choices=Request.Purpose.choices)
    model = serializers.UUIDField(required=False, allow_null=True, default=None)
    lines = LineIn(many=True, allow_empty=False, max_length=50)
    justification = serializers.CharField(max_length=50_000, default="", allow_blank=True)
    why_not_reuse = WhyNotShape(required=False)


class CommentIn(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=10_000, default="", allow_blank=True)


class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=10_000, default="", allow_blank=True)


class AwardLineIn(serializers.Serializer[Any]):
    line = serializers.UUIDField()
    gpu_hours = GpuHours(may_be_zero=True)
    months = serializers.DictField(
        child=GpuHours(may_be_zero=True), required=False, help_text='{"2027-01": hours}'
    )


class AwardIn(ReasonIn):
    lines = AwardLineIn(many=True, allow_empty=False, max_length=50)


class Nothing(serializers.Serializer[Any]):
    """An empty object."""


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
            "gpu_hours", "gpu_seconds", "slurm_account", "unix_user", "balance", "limit",
            "limit_state", "created_at",
        ]  # fmt: skip


class LimitOut(serializers.ModelSerializer[Limit]):
    url = ResourceUrl("limits")
    cluster = serializers.CharField(source="allocation.pool.cluster.slug", read_only=True)
    slurm_account = serializers.CharField(source="allocation.slurm_account", read_only=True)
    unix_user = serializers.CharField(source="allocation.unix_user", read_only=True)
    as_of = serializers.DateTimeField(source="observed_at", read_only=True)
    detail = serializers.SerializerMethodField(help_text="What it waits for, in words.")

    class Meta:
        model = Limit
        fields = [
            "id", "url", "allocation", "cluster", "slurm_account", "unix_user", "state",
            "desired_gpu_minutes", "observed_gpu_minutes", "observed_user", "as_of", "verified_at",
            "unreachable_since", "detail", "command",
        ]  # fmt: skip

    def get_detail(self, limit: Limit) -> str:
        return reason_in_words(limit.detail)


class LedgerOut(serializers.ModelSerializer[LedgerEntry]):
    url = ResourceUrl("ledger")
    gpu_hours = hours("gpu_seconds")

    class Meta:
        model = LedgerEntry
        fields = [
            "id", "url", "allocation", "kind", "debit", "credit", "gpu_seconds", "gpu_hours", "job",
            "at",
        ]  # fmt: skip


class UsageOut(serializers.ModelSerializer[UsageRecord]):
    url = ResourceUrl("usage")
    cluster = serializers.CharField(source="cluster.slug", read_only=True)
    submitted_at = serializers.SerializerMethodField()
    started_at = serializers.SerializerMethodField()
    ended_at = serializers.SerializerMethodField()
    is_foreign = serializers.BooleanField(read_only=True)
    as_of = serializers.DateTimeField(source="observed_at", read_only=True)

    class Meta:
        model = UsageRecord
        fields = [
            "id", "url", "cluster", "allocation", "job", "slurm_job_id", "unix_user", "state",
            "submitted_at", "started_at", "ended_at", "elapsed", "gpus", "gpu_seconds",
            "is_foreign", "as_of",
        ]  # fmt: skip

    def get_submitted_at(self, usage: UsageRecord) -> datetime | None:
        return _moment(usage.submit_time)

    def get_started_at(self, usage: UsageRecord) -> datetime | None:
        return _moment(usage.start_time)

    def get_ended_at(self, usage: UsageRecord) -> datetime | None:
        return _moment(usage.end_time)


class JobOut(serializers.ModelSerializer[Job]):
    url = ResourceUrl("jobs")
    cluster = serializers.CharField(source="cluster.slug", read_only=True)
    token = serializers.CharField(read_only=True, help_text="Its name on the cluster.")
    reason_text = serializers.SerializerMethodField()
    reserved_gpu_hours = hours("reserved_gpu_seconds")
    log_path = serializers.CharField(
        read_only=True, help_text="Where its output lies on the cluster."
    )
    as_of = serializers.DateTimeField(source="observed_at", read_only=True)

    class Meta:
        model = Job
        fields = [
            "id", "url", "name", "token", "project", "allocation", "cluster", "version", "state",
            "waiting_for", "reason", "reason_text", "gpus", "nodes", "minutes",
            "working_directory", "log_path", "slurm_job_id", "submitted_at", "started_at",
            "ended_at", "exit_code", "signal", "cancel_requested_at", "reserved_gpu_seconds",
            "reserved_gpu_hours", "used_gpu_seconds", "settled_at", "as_of",
        ]  # fmt: skip

    def get_reason_text(self, job: Job) -> str:
        return reason_in_words(job.reason)


class JobDetail(JobOut):
    script = serializers.SerializerMethodField(
        help_text="For the submitter, the project's leads and the cluster's operators."
    )
    script_sha256 = serializers.CharField(read_only=True)

    class Meta(JobOut.Meta):
        fields = [*JobOut.Meta.fields, "script_sha256", "script"]

    def get_script(self, job: Job) -> str | None:
        return job.script if self.context.get("may_read_script") else None


class JobIn(serializers.Serializer[Any]):
    project = serializers.UUIDField(required=False)
    allocation = serializers.UUIDField(required=False)
    sbatch = serializers.CharField(
        required=False, trim_whitespace=False, help_text="An sbatch script as people have it."
    )
    script = serializers.CharField(required=False, trim_whitespace=False)
    gpus = serializers.IntegerField(required=False, min_value=1, max_value=10**6)
    nodes = serializers.IntegerField(required=False, min_value=1, max_value=10**6)
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=10**6)
    name = serializers.CharField(required=False, max_length=100, allow_blank=True)
    environment = serializers.DictField(
        child=serializers.CharField(max_length=4096, allow_blank=True, trim_whitespace=False),
        required=False,
    )
    working_directory = serializers.CharField(required=False, max_length=500)
    version = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either an sbatch script, or fields."""
        fields = {"script", "gpus", "nodes", "minutes", "environment", "working_directory", "name"}
        if "sbatch" in attrs and fields & set(attrs):
            extra = ", ".join(sorted(fields & set(attrs)))
            raise serializers.ValidationError(
                {"sbatch": [_("Send either sbatch or %(extra)s, not both.") % {"extra": extra}]}
            )
        if "sbatch" not in attrs:
            missing = {"script", "gpus", "minutes"} - set(attrs)
            if missing:
                raise serializers.ValidationError({name: [_("Needed.")] for name in missing})
        if not {"project", "allocation"} & set(attrs):
            raise serializers.ValidationError({"allocation": [_("Name the allocation to use.")]})
        return attrs


def _moment(epoch: int | None) -> datetime | None:
    return datetime.fromtimestamp(epoch, UTC) if epoch else None
