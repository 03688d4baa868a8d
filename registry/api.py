"""JSON: models and versions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import get_group, get_project
from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from registry import access
from registry import serializers as shapes
from registry.actions.models import Parent, plan_model, planned_or_newest, update_model
from registry.models import Model, Version


class ModelResource(Resource):
    shape = shapes.ModelOut
    queryset = Model.objects.none()
    filterset_fields = {
        "group": ["exact"],
        "project": ["exact"],
        "project__slug": ["exact"],
        "state": ["exact"],
        "name": ["exact", "icontains"],
    }

    def get_queryset(self) -> QuerySet[Model]:
        return Model.objects.visible_to(self.request.user)

    def get_object(self) -> Model:
        return access.get_model(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.ModelIn, responses={201: shapes.ModelOut})
    def create(self, request: Request) -> Response:
        """Plan a model: register an effort before training."""
        user: Any = request.user
        facts = self.body(shapes.ModelIn)
        del facts["state"]
        group = get_group(user, facts.pop("group"), Verb.PLAN_MODEL)
        project = facts.pop("project")
        parents = [_parent(user, parent) for parent in facts.pop("parents")]
        model = plan_model(
            by=user,
            group=group,
            project=get_project(user, project, Verb.PLAN_MODEL) if project else None,
            facts=facts,  # type: ignore[arg-type]
            parents=parents,
            now=timezone.now(),
        )
        return self.created(model)

    @extend_schema(request=shapes.ModelChange, responses=shapes.ModelOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        user: Any = request.user
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        facts: Any = self.body(shapes.ModelChange)
        update_model(by=user, model=model, facts=facts, now=timezone.now())
        return self.shown(model)


class VersionResource(Resource):
    shape = shapes.VersionOut
    queryset = Version.objects.none()
    filterset_fields = ("model",)

    def get_queryset(self) -> QuerySet[Version]:
        return Version.objects.visible_to(self.request.user)

    def get_object(self) -> Version:
        return access.get_version(self.request.user, self.kwargs["pk"])


def _parent(user: User, named: dict[str, Any]) -> Parent:
    """The entry that is meant; a private one and none at all give the same answer."""
    if "literal" in named:
        return Parent(None, named["literal"], named["kind"])
    if "version" in named:
        return Parent(access.get_version(user, named["version"]), "", named["kind"])
    model = access.get_model(user, named["model"])
    return Parent(planned_or_newest(model), model.name, named["kind"])


RESOURCES = {"models": ModelResource, "versions": VersionResource}
