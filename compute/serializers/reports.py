"""The shapes of reported usage in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compute.actions.usage_preview import Preview
from compute.models import UsageReport
from compute.serializers.amounts import hours
from compute.usage_table import MOST_CHARACTERS
from projects.serializers import PersonName, ResourceUrl


class UsageReportIn(serializers.Serializer[Any]):
    cluster = serializers.CharField(
        max_length=40, help_text="Its slug or id; not a connected one."
    )
    text = serializers.CharField(
        max_length=MOST_CHARACTERS,
        trim_whitespace=False,
        help_text="A table whose first line names its columns: what `sacct -P` prints, or CSV.",
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Only say what booking it would change."
    )


class UsageReportOut(serializers.ModelSerializer[UsageReport]):
    url = ResourceUrl("usage-reports")
    by = PersonName()
    gpu_hours = hours("gpu_seconds")
    rows = serializers.SerializerMethodField()

    class Meta:
        model = UsageReport
        fields = ["id", "url", "cluster", "by", "at", "rows", "gpu_hours", "undone_at"]

    def get_rows(self, report: UsageReport) -> int:
        return len(report.changes)


class PreviewOfAllocation(serializers.Serializer[Any]):
    allocation = serializers.UUIDField()
    rows = serializers.IntegerField()
    adds_gpu_hours = hours("adds")


class PreviewProblem(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    detail = serializers.CharField()


class PreviewOut(serializers.Serializer[Any]):
    """What a report would change."""

    allocations = PreviewOfAllocation(many=True)
    problems = PreviewProblem(many=True, help_text="With one, nothing is booked.")
    new = serializers.IntegerField()
    corrected = serializers.IntegerField()
    same = serializers.IntegerField(help_text="Booked so already.")
    steps = serializers.IntegerField(help_text="Job steps, which are part of their jobs.")
    without_gpus = serializers.IntegerField()

    def to_representation(self, instance: Preview) -> dict[str, Any]:
        new = sum(change.record is None for change in instance.changes)
        found = instance.by_allocation()
        return super().to_representation(
            {
                "allocations": [
                    {"allocation": allocation.pk, "rows": rows, "adds": adds}
                    for allocation, rows, adds in found
                ],
                "problems": [
                    {"line": line, "detail": text} for line, text in instance.problems[:200]
                ],
                "new": new,
                "corrected": len(instance.changes) - new,
                "same": instance.same,
                "steps": instance.steps,
                "without_gpus": instance.without_gpus,
            }
        )
