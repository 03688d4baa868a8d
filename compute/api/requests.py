"""JSON: requests and the decisions on them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import requests as request_actions
from compute.actions import reviewing
from compute.actions.awards import Grant, award
from compute.actions.kinds import Ask, Asked
from compute.models import (
    Request,
    RequestLine,
)
from compute.quota import parse_months
from compute.serializers import requests as shapes
from projects.access import get_project
from projects.errors import Invalid
from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing
from registry.access import get_model


class RequestResource(Resource):
    shape = shapes.RequestOut
    queryset = Request.objects.none()
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "state": ["exact", "in"],
        "purpose": ["exact"],
        "kind": ["exact"],
    }

    def get_queryset(self) -> QuerySet[Request]:
        rows = Request.objects.visible_to(self.request.user)
        return rows.select_related("signature__by").prefetch_related(_lines())

    def get_object(self) -> Request:
        row = access.get_request(self.request.user, self.kwargs["pk"])
        prefetch_related_objects([row], _lines())
        return row

    @extend_schema(request=shapes.RequestIn, responses={201: shapes.RequestOut})
    def create(self, request: Call) -> Response:
        """A draft; hand it in by `submit`."""
        user: Any = request.user
        values = self.body(shapes.RequestIn)
        project = get_project(user, values["project"], Verb.REQUEST_COMPUTE)
        made = request_actions.create_request(
            by=user, project=project, asked=_asked(user, values), now=timezone.now()
        )
        return self.created(made)

    @extend_schema(request=shapes.RequestIn, responses=shapes.RequestOut)
    def update(self, request: Call, pk: str) -> Response:
        """Change a draft, or a request that was sent back."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        values = self.body(shapes.RequestIn)
        if values["project"] != row.project_id:
            raise ValidationError({"project": [_("A request stays with its project.")]})
        request_actions.update_request(
            by=user, request=row, asked=_asked(user, values), now=timezone.now()
        )
        return self.shown(row)

    @extend_schema(request=Nothing, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def submit(self, request: Call, pk: str) -> Response:
        """Hand it in; from then on reviewers read it."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        self.body(Nothing)
        request_actions.submit_request(by=user, request=row, now=timezone.now())
        return self.shown(row)

    @extend_schema(request=shapes.CommentIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def review(self, request: Call, pk: str) -> Response:
        """Take it into review."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REVIEW_REQUEST)
        values = self.body(shapes.CommentIn)
        request_actions.review_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.CommentIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Call, pk: str) -> Response:
        """Send it back to the project for a change."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REVIEW_REQUEST)
        values = self.body(shapes.CommentIn)
        request_actions.return_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.AwardIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def award(self, request: Call, pk: str) -> Response:
        """Grant GPU-hours for its lines; a large award waits for a second signature."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.AWARD)
        values = self.body(shapes.AwardIn)
        grants = _grants(row, values["lines"])
        award(
            by=user,
            request=row,
            grants=grants,
            reason=values["reason"],
            exception=values["exception"],
            now=timezone.now(),
        )
        return self.shown(self.get_object())

    @extend_schema(request=shapes.ReasonIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def deny(self, request: Call, pk: str) -> Response:
        """Grant nothing."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.AWARD)
        values = self.body(shapes.ReasonIn)
        request_actions.deny_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.ReasonIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def recuse(self, request: Call, pk: str) -> Response:
        """Keep out of the decision on it."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REVIEW_REQUEST)
        values = self.body(shapes.ReasonIn)
        reviewing.recuse(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.ReasonIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def appeal(self, request: Call, pk: str) -> Response:
        """Ask another quota admin to decide on what was denied; once."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        values = self.body(shapes.ReasonIn)
        reviewing.appeal(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(methods=["get"], responses=shapes.MessageOut(many=True))
    @extend_schema(methods=["post"], request=shapes.MessageIn, responses={201: shapes.MessageOut})
    @action(detail=True, methods=["get", "post"], pagination_class=None, filter_backends=[])
    def messages(self, request: Call, pk: str) -> Response:
        """What applicants and reviewers write to each other."""
        user: Any = request.user
        row = access.get_request(user, pk)
        if request.method == "GET":
            rows = row.messages.select_related("by")
            return self.shown(rows, shape=shapes.MessageOut, many=True)
        access.require_talk(user, row)
        values = self.body(shapes.MessageIn)
        made = reviewing.say(by=user, request=row, now=timezone.now(), **values)
        return self.created(made, shape=shapes.MessageOut)

    @extend_schema(request=Nothing, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Call, pk: str) -> Response:
        """The project does not ask any more."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        self.body(Nothing)
        request_actions.withdraw_request(by=user, request=row, now=timezone.now())
        return self.shown(row)


def _lines() -> Prefetch[Any]:
    """The lines with all that is shown of them."""
    rows = RequestLine.objects.select_related("allocation").prefetch_related("awards")
    return Prefetch("lines", queryset=rows)


def _asked(user: User, values: dict[str, Any]) -> Asked:
    """The body of a request as the action takes it; what it names must be visible."""
    why_not = values.get("why_not_reuse") or {"reasons": [], "text": ""}
    lines = [
        Ask(
            pool=access.get_pool(user, line["pool"]),
            start=line["start"],
            end=line["end"],
            gpu_seconds=line["gpu_hours"],
        )
        for line in values["lines"]
    ]
    about = values["allocation"]
    return Asked(
        kind=values["kind"],
        model=get_model(user, values["model"]) if values["model"] else None,
        allocation=access.get_allocation(user, about) if about else None,
        returned_gpu_seconds=values.get("return_gpu_hours"),
        purpose=values["purpose"],
        lines=lines,
        justification=values["justification"],
        why_not_reasons=why_not["reasons"],
        why_not_text=why_not["text"],
    )


def _grants(request: Request, lines: list[dict[str, Any]]) -> list[Grant]:
    own = {line.pk: line for line in request.lines.select_related("pool__cluster")}
    grants = []
    for given in lines:
        if given["line"] not in own:
            raise Invalid(_("Name lines of this request by their id."))
        try:
            months = parse_months(given["months"]) if "months" in given else None
        except ValueError as error:
            raise Invalid(_("Write months like 2027-01.")) from error
        grants.append(Grant(own[given["line"]], given["gpu_hours"], months))
    return grants
