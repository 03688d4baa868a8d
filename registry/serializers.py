"""The shapes of models and versions in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from projects.serializers import ResourceUrl
from registry.models import Model, Version
from registry.models.derivations import PARENT_KIND_LABELS
from registry.models.models import MODALITY_LABELS, TRAINING_MODE_LABELS
from registry.vocabulary import LANGUAGE, NAME, TERM, ParentKind, TrainingMode

MAX_COUNT = 10**18


class WindowShape(serializers.Serializer[Any]):
    start = serializers.DateField(allow_null=True, required=False, default=None)
    end = serializers.DateField(
        allow_null=True, required=False, default=None, help_text="The first day after it."
    )


class ParentIn(serializers.Serializer[Any]):
    model = serializers.UUIDField(required=False)
    version = serializers.UUIDField(required=False)
    literal = serializers.CharField(max_length=300, required=False)
    kind = serializers.ChoiceField(choices=PARENT_KIND_LABELS, default=ParentKind.UNKNOWN)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way of naming the parent."""
        if len({"model", "version", "literal"} & set(attrs)) != 1:
            raise serializers.ValidationError(_("Name one of model, version or literal."))
        return attrs


def _words(pattern: Any, what: Any, length: int) -> Any:
    field = serializers.RegexField(pattern, max_length=length, error_messages={"invalid": what})
    return serializers.ListField(child=field, required=False, max_length=100)


class ModelChange(serializers.Serializer[Any]):
    """The facts of a plan; what is left out stays as it is."""

    name = serializers.RegexField(
        NAME,
        required=False,
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, required=False)
    modality_in = serializers.MultipleChoiceField(choices=MODALITY_LABELS, required=False)
    modality_out = serializers.MultipleChoiceField(choices=MODALITY_LABELS, required=False)
    architecture = serializers.CharField(max_length=60, required=False, allow_blank=True)
    languages = _words(LANGUAGE, _("ISO 639 codes such as de or en."), 3)
    domains = _words(TERM, _("Small letters, digits and hyphens."), 40)
    tasks = _words(TERM, _("Small letters, digits and hyphens."), 40)
    training_mode = serializers.ChoiceField(choices=TRAINING_MODE_LABELS, required=False)
    parameters = serializers.IntegerField(
        min_value=1, max_value=MAX_COUNT, required=False, allow_null=True
    )
    tokens = serializers.IntegerField(
        min_value=1, max_value=MAX_COUNT, required=False, allow_null=True
    )
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=200
    )
    window = WindowShape(required=False, allow_null=True)
    licence = serializers.CharField(max_length=60, required=False, allow_blank=True)
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
    state = serializers.ChoiceField(choices=["planned"], default="planned")
    training_mode = serializers.ChoiceField(
        choices=TRAINING_MODE_LABELS, default=TrainingMode.UNKNOWN
    )
    parents = ParentIn(many=True, required=False, default=list, max_length=100)  # type: ignore[call-arg]


class ModelOut(serializers.ModelSerializer[Model]):
    url = ResourceUrl("models")
    window = serializers.SerializerMethodField()
    missing_facts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Model
        fields = [
            "id", "url", "name", "group", "project", "visibility", "state", "modality_in",
            "modality_out", "architecture", "languages", "domains", "tasks", "training_mode",
            "parameters", "tokens", "datasets", "window", "licence", "description",
            "missing_facts", "created_at", "updated_at",
        ]  # fmt: skip

    def get_window(self, model: Model) -> WindowShape:
        shape: Any = {"start": model.window_start, "end": model.window_end}
        return shape  # type: ignore[no-any-return]


class VersionOut(serializers.ModelSerializer[Version]):
    url = ResourceUrl("versions")

    class Meta:
        model = Version
        fields = ["id", "url", "model", "number", "source", "created_at"]
