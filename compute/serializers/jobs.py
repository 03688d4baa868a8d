"""The shapes of jobs in the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.models import Job, Maintenance
from compute.models.words import maintenance_warning, reason_in_words
from compute.serializers.amounts import WholeNumber, hours
from projects.serializers import ResourceUrl


class JobOut(serializers.ModelSerializer[Job]):
    url = ResourceUrl("jobs")
    cluster = serializers.CharField(source="cluster.slug", read_only=True)
    token = serializers.CharField(read_only=True, help_text="Its name on the cluster.")
    reason_text = serializers.SerializerMethodField()
    array = serializers.CharField(read_only=True, help_text="Empty if it is none.")
    task_states = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    reserved_gpu_hours = hours("reserved_gpu_seconds")
    log_path = serializers.CharField(
        read_only=True, help_text="Where its output lies on the cluster."
    )
    as_of = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Job
        fields = [
            "id", "url", "name", "token", "project", "allocation", "cluster", "version", "state",
            "waiting_for", "reason", "reason_text", "array", "array_tasks", "task_states",
            "gpus", "nodes", "minutes",
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
    warnings = serializers.SerializerMethodField(
        help_text="What may keep it from ending, such as a maintenance of the cluster."
    )

    class Meta(JobOut.Meta):
        fields = [*JobOut.Meta.fields, "warnings", "script_sha256", "script"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, job: Job) -> list[str]:
        away = Maintenance.objects.in_the_way_of(job, timezone.now())
        return [maintenance_warning(away)] if away else []

    def get_script(self, job: Job) -> str | None:
        return job.script if self.context.get("may_read_script") else None


class JobIn(serializers.Serializer[Any]):
    project = serializers.UUIDField(required=False)
    allocation = serializers.UUIDField(required=False)
    sbatch = serializers.CharField(
        required=False, trim_whitespace=False, help_text="An sbatch script as people have it."
    )
    script = serializers.CharField(required=False, trim_whitespace=False)
    gpus = WholeNumber(required=False, min_value=1, max_value=10**6)
    nodes = WholeNumber(required=False, min_value=1, max_value=10**6)
    minutes = WholeNumber(required=False, min_value=1, max_value=10**6)
    name = serializers.CharField(required=False, max_length=100, allow_blank=True)
    environment = serializers.DictField(
        child=serializers.CharField(max_length=4096, allow_blank=True, trim_whitespace=False),
        required=False,
    )
    working_directory = serializers.CharField(required=False, max_length=500)
    array = serializers.CharField(
        required=False, max_length=2000, help_text="Tasks of this size, as sbatch: `0-3,7%2`."
    )
    version = serializers.UUIDField(required=False, allow_null=True)
    template = serializers.UUIDField(
        required=False, help_text="A job template: its fields stand where none are given."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either an sbatch script, or fields."""
        fields = set(self.fields) - {"sbatch", "project", "allocation", "version"}
        if "sbatch" in attrs and fields & set(attrs):
            extra = ", ".join(sorted(fields & set(attrs)))
            raise serializers.ValidationError(
                {"sbatch": [_("Send either sbatch or %(extra)s, not both.") % {"extra": extra}]}
            )
        if "sbatch" not in attrs and "template" not in attrs:
            missing = {"script", "gpus", "minutes"} - set(attrs)
            if missing:
                raise serializers.ValidationError({name: [_("Needed.")] for name in missing})
        if not {"project", "allocation"} & set(attrs):
            raise serializers.ValidationError({"allocation": [_("Name the allocation to use.")]})
        return attrs
