"""JSON: projects, who takes part in them, and initiatives."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects import serializers as shapes
from projects.actions import initiatives as initiative_actions
from projects.actions import projects as project_actions
from projects.actions.initiatives import Share
from projects.actions.joining import ask_to_join
from projects.api.caller import user_of
from projects.models import Initiative, Project, User
from projects.resources import Resource
from projects.roles import Verb


class ProjectResource(Resource):
    shape = shapes.ProjectOut
    queryset = Project.objects.none()
    filterset_fields = {"slug": ["exact"], "lead_group": ["exact"], "visibility": ["exact"],
                        "initiative": ["exact"], "initiative__slug": ["exact"]}  # fmt: skip

    def get_queryset(self) -> QuerySet[Project]:
        rows = Project.objects.visible_to(self.request.user).select_related("initiative__parent")
        return rows.prefetch_related(
            "participants", "funding", "initiative__funding", "initiative__parent__funding"
        )

    def get_object(self) -> Project:
        return access.get_project(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.ProjectIn, responses={201: shapes.ProjectOut})
    def create(self, request: Request) -> Response:
        """Make a project of a group that one leads."""
        values = self.body(shapes.ProjectIn)
        values["initiative"] = _initiative(user_of(request), values["initiative"])
        user = user_of(request)
        group = access.get_group(user, values.pop("lead_group"), Verb.CREATE_PROJECT)
        project = project_actions.create_project(
            by=user, lead_group=group, now=timezone.now(), **values
        )
        return self.created(project)

    @extend_schema(request=shapes.ProjectChange, responses=shapes.ProjectOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change its facts; what is left out stays as it is."""
        user = user_of(request)
        project = access.get_project(user, pk, Verb.EDIT_PROJECT)
        values = self.body(shapes.ProjectChange)
        if "initiative" in values:
            values["initiative"] = _initiative(user, values["initiative"])
        if "funding" in values:
            values["funding"] = [Share(**share) for share in values["funding"]]
        project_actions.update_project(by=user, project=project, values=values, now=timezone.now())
        return self.shown(project)

    @extend_schema(request=shapes.GroupReference, responses={200: shapes.ProjectOut})
    @action(detail=True, methods=["post", "delete"])
    def participants(self, request: Request, pk: str) -> Response:
        """Let a group take part, or end its part."""
        user = user_of(request)
        project = access.get_project(user, pk, Verb.EDIT_PROJECT)
        group = access.get_group(user, self.body(shapes.GroupReference)["group"])
        change = (
            project_actions.add_participant
            if request.method == "POST"
            else project_actions.remove_participant
        )
        change(by=user, project=project, group=group, now=timezone.now())
        return self.shown(project)

    @extend_schema(request=shapes.JoinIn, responses={201: shapes.JoinOut})
    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: str) -> Response:
        """Ask the lead group to take part."""
        user = user_of(request)
        project = access.get_project(user, pk)
        values = self.body(shapes.JoinIn)
        group = access.joining_group(user, values["group"])
        asked = ask_to_join(
            by=user, project=project, group=group, text=values["text"], now=timezone.now()
        )
        return self.created(asked, shape=shapes.JoinOut)


class InitiativeResource(Resource):
    """Programmes that projects belong to, with who funds what share; coordinators keep them."""

    shape = shapes.InitiativeOut
    queryset = Initiative.objects.none()
    ordering = ("name", "id")
    filterset_fields = {"slug": ["exact"], "parent__slug": ["exact"]}

    def get_queryset(self) -> QuerySet[Initiative]:
        return Initiative.objects.visible_to(self.request.user).prefetch_related("funding")

    def get_object(self) -> Initiative:
        return access.get_initiative(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.InitiativeIn, responses={201: shapes.InitiativeOut})
    def create(self, request: Request) -> Response:
        user = user_of(request)
        access.require_portal(user, Verb.KEEP_INITIATIVES)
        return self.created(self._keep(user, None))

    @extend_schema(request=shapes.InitiativeIn, responses=shapes.InitiativeOut)
    def update(self, request: Request, pk: str) -> Response:
        """Its facts as they are today."""
        user = user_of(request)
        initiative = access.get_initiative(user, pk, Verb.KEEP_INITIATIVES)
        return self.shown(self._keep(user, initiative))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It was entered by mistake."""
        user = user_of(request)
        initiative = access.get_initiative(user, pk, Verb.KEEP_INITIATIVES)
        initiative_actions.drop_initiative(by=user, initiative=initiative, now=timezone.now())
        return Response(status=204)

    def _keep(self, user: User, initiative: Initiative | None) -> Initiative:
        values = self.body(shapes.InitiativeIn)
        if values["parent"]:
            values["parent"] = access.get_initiative(user, values["parent"])
        values["funding"] = [Share(**share) for share in values["funding"]]
        return initiative_actions.keep_initiative(
            by=user, initiative=initiative, now=timezone.now(), **values
        )


def _initiative(user: User, key: Any) -> Initiative | None:
    return access.get_initiative(user, key) if key else None
