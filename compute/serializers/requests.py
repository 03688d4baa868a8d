"""The shapes of requests and awards in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.models import (
    AwardLine,
    Request,
    RequestLine,
)
from compute.quota import gpu_hours
from compute.serializers.amounts import GpuHours, hours
from projects.access import portal_verbs
from projects.roles import Verb
from projects.serializers import ResourceUrl


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
            "id", "pool", "start", "end", "gpu_hours", "gpu_seconds", "awarded_gpu_hours",
            "months", "allocation",
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
    awarded_beside = serializers.SerializerMethodField(
        help_text="Codes of cases that were open at the award; for reviewers."
    )

    class Meta:
        model = Request
        fields = [
            "id", "url", "project", "model", "kind", "purpose", "state", "justification",
            "why_not_reuse", "lines", "waiting_on", "due_at", "created_at", "submitted_at",
            "decided_at", "decision_reason", "awarded_beside",
        ]  # fmt: skip

    def get_why_not_reuse(self, request: Request) -> WhyNotShape:
        shape: Any = {"reasons": request.why_not_reasons, "text": request.why_not_text}
        return shape  # type: ignore[no-any-return]

    def get_awarded_beside(self, request: Request) -> str:
        call = self.context.get("request")
        reviews = call is not None and Verb.REVIEW_REQUEST in portal_verbs(call.user)
        return request.awarded_beside if reviews else ""


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
    lines = LineIn(many=True, allow_empty=False, max_length=50)  # type: ignore[call-arg]
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
    exception = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=10_000,
        help_text="Why it is awarded before an open case is decided; the award is marked.",
    )
    lines = AwardLineIn(many=True, allow_empty=False, max_length=50)  # type: ignore[call-arg]
