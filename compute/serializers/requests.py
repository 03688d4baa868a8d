"""The shapes of requests and awards in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.models import (
    AwardLine,
    Request,
    RequestLine,
    RequestMessage,
)
from compute.models.requests import GIVING
from compute.quota import gpu_hours
from compute.serializers.amounts import GpuHours, Month, hours
from projects.access import portal_verbs
from projects.models import User
from projects.roles import Verb
from projects.serializers import PersonName, ResourceUrl


class AwardLineOut(serializers.ModelSerializer[AwardLine]):
    month = Month()
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
    return_gpu_hours = serializers.SerializerMethodField(
        help_text="Of a transfer or a reduction: GPU-hours that go back to the allocation's pool."
    )
    signed_by = serializers.SerializerMethodField(
        help_text="Who signed a large award first; another person's signature is to come."
    )
    awarded_beside = serializers.SerializerMethodField(
        help_text="Codes of cases that were open at the award; for reviewers."
    )

    class Meta:
        model = Request
        fields = [
            "id", "url", "project", "model", "kind", "allocation", "return_gpu_hours", "purpose",
            "state", "justification", "why_not_reuse", "lines", "waiting_on", "due_at",
            "created_at", "submitted_at", "decided_at", "decision_reason", "appealed_at",
            "signed_by", "awarded_beside",
        ]  # fmt: skip

    def get_why_not_reuse(self, request: Request) -> WhyNotShape:
        shape: Any = {"reasons": request.why_not_reasons, "text": request.why_not_text}
        return shape  # type: ignore[no-any-return]

    def get_return_gpu_hours(self, request: Request) -> str | None:
        amount = request.returned_gpu_seconds
        return None if amount is None else str(gpu_hours(amount))

    def get_signed_by(self, request: Request) -> str:
        signature = getattr(request, "signature", None)
        is_open = request.is_decidable and self._reviews()
        if not signature or not is_open:
            return ""
        viewer: User = self.context["request"].user
        return viewer.login_name_of(signature.by)

    def get_awarded_beside(self, request: Request) -> str:
        return request.awarded_beside if self._reviews() else ""

    def _reviews(self) -> bool:
        call = self.context.get("request")
        return call is not None and Verb.REVIEW_REQUEST in portal_verbs(call.user)


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
    allocation = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="What any other kind is about."
    )
    return_gpu_hours = GpuHours(
        required=False,
        help_text="Of a transfer or a reduction: GPU-hours that go back to its pool.",
    )
    lines = LineIn(many=True, required=False, default=list, max_length=50)  # type: ignore[call-arg]
    justification = serializers.CharField(max_length=50_000, default="", allow_blank=True)
    why_not_reuse = WhyNotShape(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """All but what gives GPU-hours up asks for some."""
        if not attrs["lines"] and attrs["kind"] not in GIVING:
            raise serializers.ValidationError({"lines": [_("Ask for GPU-hours in at least one "
                                                           "pool.")]})  # fmt: skip
        return attrs


class MessageIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)


class MessageOut(serializers.ModelSerializer[RequestMessage]):
    by = PersonName()

    class Meta:
        model = RequestMessage
        fields = ["id", "by", "text", "at"]


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
    lines = AwardLineIn(many=True, max_length=50)  # type: ignore[call-arg]
