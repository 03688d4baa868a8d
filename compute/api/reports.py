"""JSON: usage of clusters that are not connected, reported as a table."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import usage_reports as actions
from compute.actions.usage_preview import preview_report
from compute.models import UsageReport
from compute.serializers import reports as shapes
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing


class UsageReportResource(Resource):
    """Reported usage; each report was booked as a whole and can be taken back as one."""

    shape = shapes.UsageReportOut
    queryset = UsageReport.objects.none()
    ordering = ("-at", "-id")
    filterset_fields = {"cluster": ["exact"], "cluster__slug": ["exact"]}

    def get_queryset(self) -> QuerySet[UsageReport]:
        rows = UsageReport.objects.visible_to(self.request.user).select_related("by")
        return rows.defer("text")

    def get_object(self) -> UsageReport:
        return access.get_report(self.request.user, self.kwargs["pk"])

    @extend_schema(
        request=shapes.UsageReportIn,
        responses={200: shapes.PreviewOut, 201: shapes.UsageReportOut},
    )
    def create(self, request: Call) -> Response:
        """Book a table, or with `dry_run` say what that would change."""
        user: Any = request.user
        values = self.body(shapes.UsageReportIn)
        cluster = access.get_cluster(user, values["cluster"])
        access.require_report(user, cluster)
        what: dict[str, Any] = {
            "cluster": cluster,
            "by": user,
            "operates": Verb.REPORT_USAGE in access.cluster_verbs(user, cluster),
            "allocations": access.reportable_allocations(user, cluster),
            "text": values["text"],
            "now": timezone.now(),
        }
        if values["dry_run"]:
            return Response(shapes.PreviewOut(preview_report(**what)).data)
        return self.created(actions.report_usage(**what))

    @extend_schema(request=Nothing, responses=shapes.UsageReportOut)
    @action(detail=True, methods=["post"])
    def undo(self, request: Call, pk: str) -> Response:
        """Take it back: what it booked is reversed."""
        user: Any = request.user
        report = access.get_report(user, pk, Verb.REPORT_USAGE)
        self.body(Nothing)
        actions.undo_report(by=user, report=report, now=timezone.now())
        return self.shown(self.get_object())
