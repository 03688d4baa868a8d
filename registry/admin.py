"""The administration of models: read here, changed by their groups."""

from __future__ import annotations

from django.contrib import admin

from projects.admin import ReadOnly
from registry.models import Dataset, Derivation, Figure, Model, Version


@admin.register(Model)
class Models(ReadOnly):
    list_display = ("name", "group", "state", "visibility", "created_at")
    list_select_related = ("group",)
    list_filter = ("state", "visibility")
    search_fields = ("name",)


@admin.register(Version)
class Versions(ReadOnly):
    list_display = ("model", "number", "source", "created_at")
    list_select_related = ("model",)


@admin.register(Derivation)
class Derivations(ReadOnly):
    list_display = ("child", "parent", "literal", "kind")
    list_select_related = ("child__model", "parent__model")


@admin.register(Figure)
class Figures(ReadOnly):
    list_display = ("model", "kind", "stage", "value", "source", "as_of")
    list_select_related = ("model",)
    list_filter = ("kind", "source")


@admin.register(Dataset)
class Datasets(ReadOnly):
    list_display = ("name", "group", "visibility", "created_at")
    list_select_related = ("group",)
    search_fields = ("name",)
