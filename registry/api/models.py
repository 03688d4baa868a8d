"""JSON: models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project, User
from projects.resources import Resource, Rows
from projects.roles import Verb
from registry import access
from registry.actions import cards, states
from registry.actions.models import plan_model, update_model
from registry.api.lineage import LineageCalls
from registry.api.overlaps import OverlapCalls
from registry.api.parents import parent_of
from registry.filters import ModelFilters
from registry.models import Model
from registry.models.cards import card_of
from registry.models.certificates import certificate_of
from registry.models.lists import newest_models
from registry.serializers import models as shapes


class ModelResource(LineageCalls, OverlapCalls, Resource):
    """What exists and what is planned, newest first, as far as it is open to the caller."""

    shape = shapes.ModelOut
    queryset = Model.objects.none()
    filterset_class = ModelFilters

    def get_queryset(self) -> QuerySet[Model]:
        rows: QuerySet[Model] = Model.objects.visible_to(self.request.user)
        return rows

    def get_object(self) -> Model:
        return access.get_model(self.request.user, self.kwargs["pk"])

    def listed(self) -> QuerySet[Any]:
        rows: Any = self.filter_queryset(self.get_queryset())
        chosen: QuerySet[Any] = rows.values(*shapes.ROW)
        return chosen

    def page(self) -> Rows:
        if not set(self.request.query_params) <= {"page_size"}:
            return super().page()
        paginator: Any = self.paginator
        read = partial(newest_models, self.request.user, shapes.ROW)
        found: Rows = paginator.first_page(read, self.request, self)
        return found

    def told(self, rows: Rows) -> Rows:
        address = self.request.build_absolute_uri(reverse("api-models-list"))
        projects = self._seen_projects(row["project"] for row in rows)
        return shapes.model_rows(rows, address, projects)

    @extend_schema(responses=shapes.ModelWhole)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One model, with what lists leave out."""
        return self.whole(self.get_object())

    @extend_schema(request=shapes.ModelIn, responses={201: shapes.ModelWhole})
    def create(self, request: Request) -> Response:
        """Register a model, as a rule before training."""
        user: Any = request.user
        facts = self.body(shapes.ModelIn)
        group, project = access.get_home(user, facts.pop("group"), facts.pop("project"))
        state = facts.pop("state")
        parents = [parent_of(user, parent) for parent in facts.pop("parents")]
        model = plan_model(
            by=user,
            group=group,
            project=project,
            facts=facts,  # type: ignore[arg-type]
            parents=parents,
            state=state,
            now=timezone.now(),
        )
        return self.whole(model, code=201)

    @extend_schema(request=shapes.ModelChange, responses=shapes.ModelWhole)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change facts; new numbers become declared figures, and the best source counts."""
        user: Any = request.user
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        facts: Any = self.body(shapes.ModelChange)
        return self.whole(update_model(by=user, model=model, facts=facts, now=timezone.now()))

    @extend_schema(request=shapes.MoveIn, responses=shapes.ModelWhole)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Go to another state: training, released, withdrawn or abandoned."""
        user: Any = request.user
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        return self.whole(
            states.move_model(by=user, model=model, now=timezone.now(), **self.body(shapes.MoveIn))
        )

    @extend_schema(request=None, responses=shapes.ModelWhole)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Say that an open plan is still true."""
        user: Any = request.user
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        return self.whole(states.confirm_model(by=user, model=model, now=timezone.now()))

    @extend_schema(request=shapes.MergeIn, responses=shapes.ModelWhole)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Join two records of one effort: by who may edit both, or by a coordinator."""
        user: Any = request.user
        body = self.body(shapes.MergeIn)
        verb = access.merging_verb(user)
        model = access.get_model(user, pk, verb)
        into = access.get_model(user, body["into"], verb)
        return self.whole(
            states.merge_models(
                by=user, model=model, into=into, reason=body["reason"], now=timezone.now()
            )
        )

    @extend_schema(request=shapes.SuccessorIn, responses=shapes.ModelWhole)
    @action(detail=True, methods=["post"])
    def successor(self, request: Request, pk: str) -> Response:
        """Say which model takes this one's place."""
        user: Any = request.user
        key = self.body(shapes.SuccessorIn)["successor"]
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        successor = access.get_model(user, key) if key else None
        return self.whole(
            states.name_successor(by=user, model=model, successor=successor, now=timezone.now())
        )

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def certificate(self, request: Request, pk: str) -> Response:
        """When it was registered and with which facts, signed; for those who may edit it."""
        return Response(certificate_of(access.get_model(request.user, pk, Verb.EDIT_MODEL)))

    @extend_schema(methods=["get"], responses={(200, "text/markdown"): OpenApiTypes.STR})
    @extend_schema(methods=["put"], request=shapes.CardIn, responses=shapes.ModelWhole)
    @action(detail=True, methods=["get", "put"])
    def card(self, request: Request, pk: str) -> Any:
        """The model card: README.md with front matter, out and in."""
        user: Any = request.user
        if request.method == "GET":
            text = card_of(access.get_model(user, pk), user)
            return HttpResponse(text, content_type="text/markdown; charset=utf-8")
        model = access.get_model(user, pk, Verb.EDIT_MODEL)
        cards.put_card(
            by=user,
            model=model,
            text=self.body(shapes.CardIn)["card"],
            resolve=lambda name: access.version_named(user, name, home=model.group_id),
            now=timezone.now(),
        )
        return self.whole(access.get_model(user, pk))

    @extend_schema(request=shapes.CardModelIn, responses={201: shapes.ModelWhole})
    @action(detail=False, methods=["post"], url_path="import-card")
    def import_card(self, request: Request) -> Response:
        """Register a model out of its card."""
        user: Any = request.user
        body = self.body(shapes.CardModelIn)
        group, project = access.get_home(user, body.pop("group"), body.pop("project"))
        model = cards.import_card(
            by=user,
            group=group,
            project=project,
            text=body.pop("card"),
            resolve=lambda name: access.version_named(user, name, home=group.pk),
            now=timezone.now(),
            **body,
        )
        return self.whole(model, code=201)

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """A card is Markdown, and a refusal a problem, whatever the caller would rather read."""
        return super().perform_content_negotiation(request, force or self.action == "card")

    def _seen_projects(self, keys: Iterable[Any]) -> set[Any]:
        """Those of the projects that the caller may see; asked for only if they are not own."""
        user: User = self.request.user  # type: ignore[assignment]
        wanted = {key for key in keys if key}
        own = wanted & user.standing.project_ids
        if wanted == own:
            return own
        rows = Project.objects.visible_to(user).filter(pk__in=wanted - own)
        return own | set(rows.values_list("pk", flat=True))

    def whole(self, model: Model, *, code: int = 200) -> Response:
        """One model as the caller may know it: what it leads to only if that is open to them."""
        user: User = self.request.user  # type: ignore[assignment]
        shown = shapes.ModelWhole(model, context=self.get_serializer_context()).data
        linked = [key for key in (model.successor_id, model.merged_into_id) if key]
        seen = set(
            Model.objects.visible_to(user).filter(pk__in=linked).values_list("pk", flat=True)
            if linked
            else ()
        )
        shown["project"] = model.project_id if self._seen_projects([model.project_id]) else None
        shown["successor"] = model.successor_id if model.successor_id in seen else None
        shown["merged_into"] = model.merged_into_id if model.merged_into_id in seen else None
        return Response(shown, status=code)
