"""JSON: job templates and their versions."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import templates as actions
from compute.models import JobTemplate, TemplateVersion
from compute.serializers import templates as shapes
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing


class JobTemplateResource(Resource):
    """What a good job of a kind looks like; POST jobs with `template` makes one."""

    shape = shapes.TemplateOut
    queryset = JobTemplate.objects.none()
    ordering = ("name", "id")
    filterset_fields = {
        "purpose": ["exact"],
        "group": ["exact"],
        "cluster": ["exact"],
        "cluster__slug": ["exact"],
    }

    def get_queryset(self) -> QuerySet[JobTemplate]:
        return JobTemplate.objects.visible_to(self.request.user).prefetch_related(_versions())

    def get_object(self) -> JobTemplate:
        row = access.get_template(self.request.user, self.kwargs["pk"])
        prefetch_related_objects([row], _versions())
        return row

    @extend_schema(request=shapes.TemplateIn, responses={201: shapes.TemplateOut})
    def create(self, request: Call) -> Response:
        """A template of a group, or of a cluster, with its first version."""
        user: Any = request.user
        values = self.body(shapes.TemplateIn)
        owner = access.template_owner(
            user, group=values.pop("group", ""), cluster=values.pop("cluster", "")
        )
        about = {name: values.pop(name) for name in ("name", "purpose", "description")}
        facts = actions.TemplateFacts(**values)
        made = actions.create_template(
            by=user, owner=owner, facts=facts, now=timezone.now(), **about
        )
        return self.created(made)

    @extend_schema(request=shapes.TemplateVersionIn, responses={201: shapes.TemplateOut})
    @action(detail=True, methods=["post"])
    def versions(self, request: Call, pk: str) -> Response:
        """Its next version."""
        user: Any = request.user
        template = access.get_template(user, pk, Verb.KEEP_TEMPLATES)
        facts = actions.TemplateFacts(**self.body(shapes.TemplateVersionIn))
        actions.change_template(by=user, template=template, facts=facts, now=timezone.now())
        return self.created(self.get_object())

    @extend_schema(request=Nothing, responses=shapes.TemplateOut)
    @action(detail=True, methods=["post"])
    def retire(self, request: Call, pk: str) -> Response:
        """No more jobs are made of it."""
        user: Any = request.user
        template = access.get_template(user, pk, Verb.KEEP_TEMPLATES)
        self.body(Nothing)
        actions.retire_template(by=user, template=template, now=timezone.now())
        return self.shown(self.get_object())


def _versions() -> Prefetch[Any]:
    """All of them, each with who wrote it."""
    return Prefetch("versions", TemplateVersion.objects.select_related("created_by"))
