"""JSON: datasets."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from registry import access
from registry.actions.datasets import register_dataset, update_dataset
from registry.models import Dataset, DatasetDerivation
from registry.serializers import datasets as shapes


class DatasetResource(Resource):
    shape = shapes.DatasetOut
    queryset = Dataset.objects.none()
    filterset_fields = {
        "group": ["exact"],
        "name": ["exact", "icontains"],
        "licence": ["exact"],
    }

    def get_queryset(self) -> QuerySet[Dataset]:
        return _shown(Dataset.objects.visible_to(self.request.user), self.request.user)

    def get_object(self) -> Dataset:
        return self._again(access.get_dataset(self.request.user, self.kwargs["pk"]))

    @extend_schema(request=shapes.DatasetIn, responses={201: shapes.DatasetOut})
    def create(self, request: Request) -> Response:
        """Register a dataset's description; the portal never holds the data."""
        user: Any = request.user
        body = self.body(shapes.DatasetIn)
        group, project = access.get_home(user, body.pop("group"), body.pop("project"))
        dataset = register_dataset(
            by=user,
            group=group,
            project=project,
            parents=_parents(user, body.pop("parents", [])),
            values=body,
            now=timezone.now(),
        )
        return self.created(self._again(dataset))

    @extend_schema(request=shapes.DatasetChange, responses=shapes.DatasetOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is told of a dataset."""
        user: Any = request.user
        dataset = access.get_dataset(user, pk, Verb.EDIT_MODEL)
        body = self.body(shapes.DatasetChange)
        parents = _parents(user, body.pop("parents")) if "parents" in body else None
        update_dataset(by=user, dataset=dataset, values=body, parents=parents, now=timezone.now())
        return self.shown(self._again(dataset))

    def _again(self, dataset: Dataset) -> Dataset:
        """With those of its parents that the caller may see."""
        return self.get_queryset().get(pk=dataset.pk)


def _shown(rows: QuerySet[Dataset], user: Any) -> QuerySet[Dataset]:
    seen = DatasetDerivation.objects.filter(parent__in=Dataset.objects.visible_to(user))
    return rows.prefetch_related(Prefetch("parents", queryset=seen))


def _parents(user: User, named: list[dict[str, Any]]) -> list[tuple[Dataset, str]]:
    return [(access.get_dataset(user, row["dataset"]), row["kind"]) for row in named]
