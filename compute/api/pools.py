"""JSON: pools, what they offer and for whom it is kept, and the site's rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions.capacity import reserve_capacity, set_capacity
from compute.actions.charging import set_charge_rule
from compute.actions.site_rules import set_site_rules
from compute.models import CapacityMonth, Pool
from compute.quota import parse_months
from compute.serializers import pools as shapes
from projects.access import get_partner, require_portal
from projects.errors import Invalid
from projects.resources import Resource
from projects.roles import Verb


class PoolResource(Resource):
    shape = shapes.PoolOut
    queryset = Pool.objects.none()
    ordering = ("name", "id")
    filterset_fields = {"slug": ["exact"], "cluster": ["exact"], "cluster__slug": ["exact"]}

    def get_queryset(self) -> QuerySet[Pool]:
        return Pool.objects.visible_to(self.request.user).select_related("cluster")

    def get_object(self) -> Pool:
        return access.get_pool(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.SiteRules, responses=shapes.PoolOut)
    def partial_update(self, request: Call, pk: str) -> Response:
        """What the site says of over-use and of its quotas' periods."""
        user: Any = request.user
        pool = access.get_pool(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.SiteRules)
        set_site_rules(by=user, pool=pool, now=timezone.now(), **values)
        return self.shown(self.get_object())

    @extend_schema(request=shapes.CapacityIn, responses=shapes.CapacityOut(many=True))
    @action(detail=True, methods=["put"], pagination_class=None, filter_backends=[])
    def capacity(self, request: Call, pk: str) -> Response:
        """What the pool offers in these months, for years ahead; other months stay."""
        user: Any = request.user
        pool = access.get_pool(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.CapacityIn)
        months = _months(values["months"])
        decision = values["decision"]
        set_capacity(by=user, pool=pool, months=months, decision=decision, now=timezone.now())
        rows = pool.capacity.filter(month__in=months)
        context = self.get_serializer_context()
        return Response(shapes.CapacityOut(rows, many=True, context=context).data)

    @extend_schema(methods=["get"], responses=shapes.ReserveOut(many=True))
    @extend_schema(
        methods=["put"], request=shapes.ReserveIn, responses=shapes.ReserveOut(many=True)
    )
    @action(detail=True, methods=["get", "put"], pagination_class=None, filter_backends=[])
    def reserves(self, request: Call, pk: str) -> Response:
        """What is kept for partners and not granted yet, by month."""
        user: Any = request.user
        pool = access.get_pool(user, pk)
        if request.method == "PUT":
            require_portal(user, Verb.AWARD)
            values = self.body(shapes.ReserveIn)
            reserve_capacity(
                by=user,
                pool=pool,
                partner=get_partner(user, values["partner"]),
                months=_months(values["months"]),
                now=timezone.now(),
            )
        rows = pool.reserves.filter(left__gt=0)
        return Response(shapes.ReserveOut(rows, many=True).data)

    @extend_schema(methods=["get"], responses=shapes.ChargeRuleOut(many=True))
    @extend_schema(
        methods=["post"], request=shapes.ChargeRuleIn, responses={201: shapes.ChargeRuleOut}
    )
    @action(
        detail=True,
        methods=["get", "post"],
        url_path="charge-rules",
        pagination_class=None,
        filter_backends=[],
    )
    def charge_rules(self, request: Call, pk: str) -> Response:
        """What the site charges for its use, by version; its operators say so."""
        user: Any = request.user
        if request.method == "GET":
            rows = access.get_pool(user, pk).charge_rules.all()
            return Response(shapes.ChargeRuleOut(rows, many=True).data)
        pool = access.get_pool(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.ChargeRuleIn)
        rule = set_charge_rule(by=user, pool=pool, now=timezone.now(), **values)
        return Response(shapes.ChargeRuleOut(rule).data, status=201)


class CapacityResource(Resource):
    shape = shapes.CapacityOut
    queryset = CapacityMonth.objects.none()
    ordering = ("month", "id")
    filterset_fields = {
        "pool": ["exact"],
        "pool__slug": ["exact"],
        "month": ["exact", "gte", "lte"],
    }

    def get_queryset(self) -> QuerySet[CapacityMonth]:
        return CapacityMonth.objects.visible_to(self.request.user)


def _months(said: Mapping[str, int]) -> dict[date, int]:
    try:
        return parse_months(said)
    except ValueError as error:
        raise Invalid(_("Write months like 2027-01.")) from error
