"""JSON: versions, their fingerprints and aliases."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.errors import Invalid, NotThere
from projects.resources import Resource
from projects.roles import Verb
from registry import access
from registry import fingerprints as prints
from registry.actions import fingerprints, versions
from registry.api.parents import parent_of
from registry.models import Fingerprint, Version
from registry.serializers import versions as shapes

ALIAS = "(?P<name>[^/]+)"


class VersionResource(Resource):
    shape = shapes.VersionOut
    queryset = Version.objects.none()
    filterset_fields = ("model", "number")

    def get_queryset(self) -> QuerySet[Version]:
        return Version.objects.visible_to(self.request.user).prefetch_related("aliases")

    def get_object(self) -> Version:
        return access.get_version(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.VersionIn, responses={201: shapes.VersionOut})
    def create(self, request: Request) -> Response:
        """Register weights; the first fill the planned version and the model is in training."""
        user: Any = request.user
        body = self.body(shapes.VersionIn)
        model = access.get_model(user, body.pop("model"), Verb.EDIT_MODEL)
        parents = [parent_of(user, parent) for parent in body.pop("parents")]
        version = versions.create_version(
            by=user,
            model=model,
            facts=versions.VersionFacts(**body),
            parents=parents,
            now=timezone.now(),
        )
        return self.created(version)

    @extend_schema(request=shapes.VersionChange, responses=shapes.VersionOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is told of a version."""
        user: Any = request.user
        version = access.get_version(user, pk, Verb.EDIT_MODEL)
        values = self.body(shapes.VersionChange)
        versions.update_version(by=user, version=version, values=values, now=timezone.now())
        return self.shown(version)

    @extend_schema(request=None, responses=shapes.VersionOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take weights back; the version stays visible as withdrawn."""
        user: Any = request.user
        version = access.get_version(user, pk, Verb.EDIT_MODEL)
        versions.withdraw_version(by=user, version=version, now=timezone.now())
        return self.shown(version)

    @extend_schema(methods=["get"], responses=shapes.FingerprintOut)
    @extend_schema(methods=["put"], request=shapes.FingerprintIn, responses=shapes.FingerprintOut)
    @action(detail=True, methods=["get", "put"])
    def fingerprint(self, request: Request, pk: str) -> Response:
        """Digests of the safetensors headers of its weights."""
        user: Any = request.user
        if request.method == "GET":
            return self.shown(_print_of(access.get_version(user, pk)), shape=shapes.FingerprintOut)
        version = access.get_version(user, pk, Verb.EDIT_MODEL)
        body = self.body(shapes.FingerprintIn)
        row = fingerprints.record_fingerprint(
            by=user,
            version=version,
            tensors=prints.read_tensors(body["tensors"]),
            shards=body["shards"],
            now=timezone.now(),
        )
        return self.shown(row, shape=shapes.FingerprintOut)

    @extend_schema(
        parameters=[OpenApiParameter("with", str, required=True, description="Another version.")],
        responses=shapes.ComparisonOut,
    )
    @action(detail=True, methods=["get"])
    def compare(self, request: Request, pk: str) -> Response:
        """How much of this version's tensors stands in another's, by their fingerprints."""
        other = request.query_params.get("with", "")
        if not other:
            sentence = _("Name the other version: ?with=ID.")
            raise Invalid(sentence, fields={"with": [sentence]})
        ours = _print_of(access.get_version(request.user, pk))
        theirs = _print_of(access.get_version(request.user, other))
        found = prints.compare(fingerprints.print_of(ours), fingerprints.print_of(theirs))
        return Response(shapes.ComparisonOut(found).data)

    @extend_schema(request=None, responses={200: shapes.VersionOut})
    @action(detail=True, methods=["put", "delete"], url_path=f"aliases/{ALIAS}", url_name="alias")
    def alias(self, request: Request, pk: str, name: str) -> Response:
        """Let a name point to this version, or take the name away."""
        user: Any = request.user
        version = access.get_version(user, pk, Verb.EDIT_MODEL)
        if request.method == "PUT":
            versions.set_alias(by=user, version=version, name=name, now=timezone.now())
        elif version.aliases.filter(name=name).exists():
            versions.remove_alias(by=user, model=version.model, name=name, now=timezone.now())
        return self.shown(access.get_version(user, pk))


def _print_of(version: Version) -> Fingerprint:
    row = Fingerprint.objects.filter(version=version).first()
    if row is None:
        raise NotThere
    return row
