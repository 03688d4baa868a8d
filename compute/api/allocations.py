"""JSON: allocations, limits, the ledger, usage."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import allocations as actions
from compute.actions.limits import confirm_limit
from compute.models import (
    Allocation,
    LedgerEntry,
    Limit,
    UsageRecord,
)
from compute.serializers import allocations as shapes
from compute.serializers.grants import RemarkIn
from projects.access import as_uuid
from projects.errors import NotThere
from projects.filters import KeyFilter
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing

M = TypeVar("M", LedgerEntry, UsageRecord)


class AllocationResource(Resource):
    shape = shapes.AllocationOut
    queryset = Allocation.objects.none()
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "pool": ["exact"],
        "pool__cluster__slug": ["exact"],
        "state": ["exact", "in"],
    }

    def get_queryset(self) -> QuerySet[Allocation]:
        rows = Allocation.objects.visible_to(self.request.user)
        return rows.select_related("pool__cluster", "balance", "limit")

    def get_object(self) -> Allocation:
        return access.get_allocation(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.DecisionIn, responses=shapes.AllocationOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Call, pk: str) -> Response:
        """Nobody may submit under it, here and on the cluster; what is there already goes on."""
        user: Any = request.user
        row = access.get_allocation(user, pk, Verb.PAUSE_ALLOCATION)
        values = self.body(shapes.DecisionIn)
        actions.pause_allocation(by=user, allocation=row, now=timezone.now(), **values)
        return self.shown(self.get_object())

    @extend_schema(request=Nothing, responses=shapes.AllocationOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Call, pk: str) -> Response:
        """Let jobs be submitted under it again."""
        user: Any = request.user
        row = access.get_allocation(user, pk, Verb.PAUSE_ALLOCATION)
        self.body(Nothing)
        actions.resume_allocation(by=user, allocation=row, now=timezone.now())
        return self.shown(self.get_object())

    @extend_schema(request=shapes.ReturnIn, responses=shapes.AllocationOut)
    @action(detail=True, methods=["post"], url_path="return-hours")
    def return_hours(self, request: Call, pk: str) -> Response:
        """Give unspent GPU-hours back to the pool."""
        user: Any = request.user
        row = access.get_allocation(user, pk, Verb.RETURN_HOURS)
        values = self.body(shapes.ReturnIn)
        actions.return_hours(
            by=user,
            allocation=row,
            gpu_seconds=values["gpu_hours"],
            reason=values["reason"],
            now=timezone.now(),
        )
        return self.shown(self.get_object())

    @extend_schema(request=shapes.DecisionIn, responses=shapes.AllocationOut)
    @action(detail=True, methods=["post"])
    def end(self, request: Call, pk: str) -> Response:
        """End it before its time: waiting jobs are cancelled, running ones finish."""
        user: Any = request.user
        row = access.get_allocation(user, pk, Verb.AWARD)
        values = self.body(shapes.DecisionIn)
        actions.end_allocation(by=user, allocation=row, now=timezone.now(), **values)
        return self.shown(self.get_object())


class LimitFilters(FilterSet):  # type: ignore[misc]
    """Declared, so that the description shows it and bad text is refused."""

    cluster = CharFilter(field_name="allocation__pool__cluster__slug")
    allocation = KeyFilter()

    class Meta:
        model = Limit
        fields = {"state": ["exact", "in"]}


class LimitResource(Resource):
    shape = shapes.LimitOut
    queryset = Limit.objects.none()
    ordering = ("-allocation__created_at", "-id")
    filterset_class = LimitFilters

    def get_queryset(self) -> QuerySet[Limit]:
        rows = Limit.objects.visible_to(self.request.user)
        return rows.select_related("allocation__pool__cluster")

    def get_object(self) -> Limit:
        return access.get_limit(self.request.user, self.kwargs["pk"])

    @extend_schema(request=RemarkIn, responses=shapes.LimitOut)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Call, pk: str) -> Response:
        """The operator of a cluster that is not connected says that the site holds it."""
        user: Any = request.user
        limit = access.get_limit(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(RemarkIn)
        confirm_limit(by=user, limit=limit, now=timezone.now(), **values)
        return self.shown(self.get_object())


class LedgerResource(Resource):
    shape = shapes.LedgerOut
    queryset = LedgerEntry.objects.none()
    ordering = ("-sequence",)
    lookup_field = "id"
    filterset_fields = ("allocation", "kind", "job")

    def get_queryset(self) -> QuerySet[LedgerEntry]:
        return LedgerEntry.objects.visible_to(self.request.user)

    def get_object(self) -> LedgerEntry:
        return _by_public_id(self.get_queryset(), self.kwargs["id"])


class UsageResource(Resource):
    shape = shapes.UsageOut
    queryset = UsageRecord.objects.none()
    ordering = ("-sequence",)
    lookup_field = "id"
    filterset_fields = ("allocation", "job", "slurm_job_id")

    def get_queryset(self) -> QuerySet[UsageRecord]:
        rows = UsageRecord.objects.visible_to(self.request.user)
        return rows.select_related("cluster", "allocation__pool")

    def get_object(self) -> UsageRecord:
        return _by_public_id(self.get_queryset(), self.kwargs["id"])


def _by_public_id(rows: QuerySet[M], key: str) -> M:
    identifier = as_uuid(key)
    row = rows.filter(id=identifier).first() if identifier else None
    if row is None:
        raise NotThere
    return row
