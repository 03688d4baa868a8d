"""The shapes of models in the API."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from projects.serializers import ResourceUrl
from registry.models import Model
from registry.models.labels import (
    MODALITY_LABELS,
    PARENT_KIND_LABELS,
    STATE_LABELS,
    TRAINING_MODE_LABELS,
)
from registry.models.models import missing_in
from registry.vocabulary import (
    LANGUAGE,
    MOST_COUNT,
    NAME,
    TERM,
    ModelState,
    ParentKind,
    TrainingMode,
)

REGISTERED_AS = [
    (state.value, state.value)
    for state in (ModelState.PLANNED, ModelState.TRAINING, ModelState.RELEASED)
]


class WindowShape(serializers.Serializer[Any]):
    start = serializers.DateField(allow_null=True, required=False, default=None)
    end = serializers.DateField(
        allow_null=True, required=False, default=None, help_text="The first day after it."
    )


class ParentIn(serializers.Serializer[Any]):
    model = serializers.UUIDField(required=False, help_text="Its newest version, else its plan.")
    version = serializers.UUIDField(required=False)
    literal = serializers.CharField(
        max_length=300, required=False, help_text="A name, kept as it is written."
    )
    kind = serializers.ChoiceField(choices=PARENT_KIND_LABELS, default=ParentKind.UNKNOWN)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way of naming the parent."""
        if len({"model", "version", "literal"} & set(attrs)) != 1:
            raise serializers.ValidationError(_("Name one of model, version or literal."))
        return attrs


def words(pattern: Any, what: Any, length: int) -> Any:
    """A list of words that fit a pattern."""
    field = serializers.RegexField(pattern, max_length=length, error_messages={"invalid": what})
    return serializers.ListField(child=field, required=False, max_length=100)


def _count(**options: Any) -> Any:
    return serializers.IntegerField(
        min_value=1, max_value=MOST_COUNT, required=False, allow_null=True, **options
    )


class ModelChange(serializers.Serializer[Any]):
    """The facts of a model; what is left out stays as it is."""

    name = serializers.RegexField(
        NAME,
        required=False,
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, required=False)
    embargo_until = serializers.DateField(
        required=False, allow_null=True, help_text="Before this day only the group sees it."
    )
    shows_as_ancestor = serializers.BooleanField(
        required=False,
        help_text="Whether descendants may say “non-public ancestor” to those who may not see it.",
    )
    modality_in = serializers.MultipleChoiceField(choices=MODALITY_LABELS, required=False)
    modality_out = serializers.MultipleChoiceField(choices=MODALITY_LABELS, required=False)
    architecture = serializers.CharField(max_length=60, required=False, allow_blank=True)
    languages = words(LANGUAGE, _("ISO 639 codes such as de or en."), 3)
    domains = words(TERM, _("Small letters, digits and hyphens."), 40)
    tasks = words(TERM, _("Small letters, digits and hyphens."), 40)
    training_mode = serializers.ChoiceField(choices=TRAINING_MODE_LABELS, required=False)
    parameters = _count(help_text="All of them, as a whole number.")
    active_parameters = _count(help_text="Of a mixture of experts: those used for one token.")
    tokens = _count(help_text="Training tokens, counted over all epochs.")
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=200
    )
    window = WindowShape(required=False, allow_null=True)
    licence = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="SPDX id, or a name."
    )
    hub_id = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Name on the Hugging Face Hub."
    )
    intended_users = serializers.CharField(max_length=300, required=False, allow_blank=True)
    contact = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="A function mailbox."
    )
    description = serializers.CharField(max_length=50_000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Sets and windows as the table holds them."""
        for name in ("modality_in", "modality_out"):
            if name in attrs:
                attrs[name] = sorted(attrs[name])
        if "window" in attrs:
            window = attrs.pop("window") or {"start": None, "end": None}
            attrs |= {"window_start": window["start"], "window_end": window["end"]}
        return attrs


class ModelIn(ModelChange):
    name = serializers.RegexField(
        NAME,
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    group = serializers.UUIDField()
    project = serializers.UUIDField(required=False, allow_null=True, default=None)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, default=Visibility.GROUP)
    state = serializers.ChoiceField(
        choices=REGISTERED_AS,
        default=ModelState.PLANNED,
        help_text="Planned, unless it is in training or released already.",
    )
    training_mode = serializers.ChoiceField(
        choices=TRAINING_MODE_LABELS, default=TrainingMode.UNKNOWN
    )
    parents = ParentIn(many=True, required=False, default=list, max_length=100)  # type: ignore[call-arg]


class CardIn(serializers.Serializer[Any]):
    card = serializers.CharField(
        max_length=600_000,
        allow_blank=True,
        trim_whitespace=False,
        help_text="README.md with front matter.",
    )


class CardModelIn(CardIn):
    group = serializers.UUIDField()
    project = serializers.UUIDField(required=False, allow_null=True, default=None)
    name = serializers.RegexField(
        NAME,
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, default=Visibility.GROUP)
    state = serializers.ChoiceField(choices=REGISTERED_AS, default=ModelState.PLANNED)


class MoveIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATE_LABELS)
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class MergeIn(serializers.Serializer[Any]):
    into = serializers.UUIDField(help_text="The record of the same effort that stays.")
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class SuccessorIn(serializers.Serializer[Any]):
    successor = serializers.UUIDField(allow_null=True, help_text="null: none does.")


ROW = (
    "id", "name", "qualified", "group", "project", "visibility", "embargo_until", "state",
    "modality_in", "modality_out", "architecture", "languages", "domains", "tasks",
    "training_mode", "parameters", "active_parameters", "tokens", "datasets", "licence", "hub_id",
    "intended_users", "contact", "description", "created_at", "confirmed_at", "updated_at",
    "window_start", "window_end",
)  # fmt: skip


class ModelOut(serializers.ModelSerializer[Model]):
    """A model; `parameters` and `tokens` are the best figures of their kind."""

    url = ResourceUrl("models")
    window = serializers.SerializerMethodField()
    missing_facts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Model
        fields = [
            "id", "url", "name", "qualified", "group", "project", "visibility", "embargo_until",
            "state", "modality_in", "modality_out", "architecture", "languages", "domains",
            "tasks", "training_mode", "parameters", "active_parameters", "tokens", "datasets",
            "window", "licence", "hub_id", "intended_users", "contact", "description",
            "missing_facts", "created_at", "confirmed_at", "updated_at",
        ]  # fmt: skip

    def get_window(self, model: Model) -> WindowShape:
        shape: Any = {"start": model.window_start, "end": model.window_end}
        return shape  # type: ignore[no-any-return]


class ModelWhole(ModelOut):
    """One model with what a list leaves out."""

    may_become = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="States that may follow."
    )
    successor = serializers.UUIDField(read_only=True, allow_null=True)
    merged_into = serializers.UUIDField(read_only=True, allow_null=True)
    tags = serializers.DictField(child=serializers.CharField(), read_only=True)
    public_record = serializers.DictField(read_only=True)

    class Meta(ModelOut.Meta):
        fields = [
            *ModelOut.Meta.fields, "may_become", "shows_as_ancestor", "successor", "merged_into",
            "tags", "public_record",
        ]  # fmt: skip


def model_rows(
    rows: list[dict[str, Any]], address: str, projects: Container[Any]
) -> list[dict[str, Any]]:
    """The same shape as ModelOut from plain rows of a query for ROW, without Django's objects.

    `projects` are those that the reader may see; a model tells of no other.
    """
    for row in rows:
        if row["project"] not in projects:
            row["project"] = None
        row["url"] = f"{address}{row['id']}/"
        row["missing_facts"] = missing_in(row)
        row["window"] = {"start": row.pop("window_start"), "end": row.pop("window_end")}
    return rows
