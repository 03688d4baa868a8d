"""JSON: grants of other boards, and what is decided and said about them."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import grants as actions
from compute.models import ExternalGrant
from compute.serializers import grants as shapes
from projects.access import fetch, get_project, require
from projects.resources import Resource
from projects.roles import Verb
from registry.access import get_model
from registry.models import Model


class GrantResource(Resource):
    """What other boards awarded: registered, confirmed, never awarded here."""

    shape = shapes.GrantOut
    queryset = ExternalGrant.objects.none()
    ordering = ("-registered_at", "-id")
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "pool": ["exact"],
        "board": ["exact"],
        "state": ["exact", "in"],
    }

    def get_queryset(self) -> QuerySet[ExternalGrant]:
        rows = ExternalGrant.objects.visible_to(self.request.user)
        rows = rows.select_related("registered_by", "confirmed_by")
        models = Model.objects.visible_to(self.request.user).filter(pk=OuterRef("model"))
        shown = Subquery(models.order_by().values("pk")[:1])
        return rows.annotate(shown_model=shown).prefetch_related("statements__by")

    def get_object(self) -> ExternalGrant:
        return fetch(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(request=shapes.GrantIn, responses={201: shapes.GrantOut})
    def create(self, request: Call) -> Response:
        """Register one; it counts once it is confirmed."""
        user: Any = request.user
        values = self.body(shapes.GrantIn)
        project = get_project(user, values.pop("project"), Verb.REQUEST_COMPUTE)
        model = values.pop("model")
        facts = actions.GrantFacts(
            pool=access.get_pool(user, values.pop("pool")),
            model=get_model(user, model) if model else None,
            gpu_seconds=values.pop("gpu_hours"),
            **values,
        )
        now = timezone.now()
        made = actions.register_grant(by=user, project=project, facts=facts, now=now)
        return self.created(fetch(self.get_queryset(), made.pk))

    @extend_schema(request=shapes.RemarkIn, responses=shapes.GrantOut)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Call, pk: str) -> Response:
        """The board did decide so; an allocation is opened."""
        user: Any = request.user
        grant = self._to_confirm(user, pk)
        values = self.body(shapes.RemarkIn)
        actions.confirm_grant(by=user, grant=grant, now=timezone.now(), **values)
        return self.shown(self.get_object())

    @extend_schema(request=shapes.RemarkIn, responses=shapes.GrantOut)
    @action(detail=True, methods=["post"])
    def decline(self, request: Call, pk: str) -> Response:
        """The board did not decide so; the remark says what does not agree."""
        user: Any = request.user
        grant = self._to_confirm(user, pk)
        values = self.body(shapes.RemarkIn)
        actions.decline_grant(by=user, grant=grant, now=timezone.now(), **values)
        return self.shown(self.get_object())

    @extend_schema(request=shapes.StatementIn, responses={201: shapes.StatementOut})
    @action(detail=True, methods=["post"])
    def statements(self, request: Call, pk: str) -> Response:
        """Say something on it: a similar effort, an implausible amount."""
        user: Any = request.user
        grant = access.get_grant(user, pk)
        require(access.grant_verbs(user, grant), Verb.REVIEW_REQUEST)
        values = self.body(shapes.StatementIn)
        made = actions.state_on_grant(by=user, grant=grant, now=timezone.now(), **values)
        return self.created(made, shape=shapes.StatementOut)

    def _to_confirm(self, user: Any, pk: str) -> ExternalGrant:
        grant = access.get_grant(user, pk)
        require(access.grant_verbs(user, grant), Verb.CONFIRM_GRANT)
        return grant
