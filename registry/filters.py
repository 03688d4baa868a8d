"""How lists of models are filtered, in the API and on pages."""

from __future__ import annotations

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Q, QuerySet

from projects.filters import KeyFilter, WholeNumberFilter
from projects.models import Project
from registry.models import Model, Version
from registry.models.labels import MODALITY_LABELS, STATE_LABELS, TRAINING_MODE_LABELS


class ModelFilters(filters.FilterSet):  # type: ignore[misc]
    """A reference is compared as it is: what is hidden and what is not there give no rows."""

    q = filters.CharFilter(method="matching", label="Words in German or English.", max_length=200)
    group = KeyFilter(field_name="group")
    partner = filters.CharFilter(field_name="group__partner__slug")
    project = KeyFilter(method="in_project")
    project__slug = filters.CharFilter(method="in_project", max_length=24)
    state = filters.ChoiceFilter(choices=STATE_LABELS)
    name = filters.CharFilter(field_name="name")
    name__icontains = filters.CharFilter(field_name="name", lookup_expr="icontains")
    qualified = filters.CharFilter(field_name="qualified")
    hub_id = filters.CharFilter(field_name="hub_id")
    modality_in = filters.ChoiceFilter(choices=MODALITY_LABELS, method="holding")
    modality_out = filters.ChoiceFilter(choices=MODALITY_LABELS, method="holding")
    languages = filters.CharFilter(method="holding", max_length=3, label="One language's code.")
    tasks = filters.CharFilter(method="holding", max_length=40, label="One task.")
    domains = filters.CharFilter(method="holding", max_length=40, label="One domain.")
    training_mode = filters.ChoiceFilter(choices=TRAINING_MODE_LABELS)
    licence = filters.CharFilter(field_name="licence", lookup_expr="iexact")
    parameters_min = WholeNumberFilter(field_name="parameters", lookup_expr="gte")
    parameters_max = WholeNumberFilter(field_name="parameters", lookup_expr="lte")
    base = KeyFilter(method="deriving_from", label="Derives from this model.")

    class Meta:
        model = Model
        fields: list[str] = []

    def in_project(self, rows: QuerySet[Model], name: str, value: Any) -> QuerySet[Model]:
        """Of a project that the caller may see; else its public models would tell of it."""
        person: Any = getattr(self.request, "user", None)
        column = "slug" if name == "project__slug" else "pk"
        projects = Project.objects.visible_to(person).filter(**{column: value})
        return rows.filter(project__in=projects)

    def matching(self, rows: Any, name: str, value: str) -> Any:
        """Words in any of their forms."""
        return rows.none() if "\0" in value else rows.matching(value)

    def holding(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """Lists that hold the word."""
        return rows.filter(**{f"{name}__contains": [value]})

    def deriving_from(self, rows: QuerySet[Model], name: str, value: Any) -> QuerySet[Model]:
        """Direct children of a model that the caller may see."""
        person: Any = getattr(self.request, "user", None)
        bases = Version.objects.visible_to(person).filter(model=value)
        return rows.filter(
            Q(pk__in=Version.objects.filter(parents__parent__in=bases).values("model"))
        )
