"""Model efforts, also before any weights exist, and their versions."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from projects.scoping import groups_q, project_q, sees_everything, shown_q
from registry.vocabulary import Modality, ModelState, TrainingMode

if TYPE_CHECKING:
    from projects.scoping import Person

STATE_LABELS = [
    (ModelState.PLANNED.value, _("planned")),
    (ModelState.TRAINING.value, _("training")),
    (ModelState.RELEASED.value, _("released")),
    (ModelState.WITHDRAWN.value, _("withdrawn")),
    (ModelState.ABANDONED.value, _("abandoned")),
]
MODALITY_LABELS = [
    (Modality.TEXT.value, _("text")),
    (Modality.CODE.value, _("code")),
    (Modality.IMAGE.value, _("image")),
    (Modality.VIDEO.value, _("video")),
    (Modality.SPEECH.value, _("speech")),
    (Modality.AUDIO.value, _("audio")),
    (Modality.TABULAR.value, _("tables")),
    (Modality.TIME_SERIES.value, _("time series")),
    (Modality.MOLECULE.value, _("molecules")),
    (Modality.EARTH.value, _("earth observation")),
    (Modality.EMBEDDING.value, _("embedding")),
]
TRAINING_MODE_LABELS = [
    (TrainingMode.FROM_SCRATCH.value, _("from scratch")),
    (TrainingMode.CONTINUED.value, _("continued pretraining")),
    (TrainingMode.FINETUNE.value, _("finetune")),
    (TrainingMode.ADAPTER.value, _("adapter")),
    (TrainingMode.DISTILLED.value, _("distilled")),
    (TrainingMode.MERGED.value, _("merged")),
    (TrainingMode.QUANTIZED.value, _("quantised")),
    (TrainingMode.UNKNOWN.value, _("not decided yet")),
]


class ModelQuerySet(models.QuerySet["Model"]):
    def visible_to(self, person: Person) -> Self:
        """Own models, those shared in own projects, and those opened to more people."""
        if sees_everything(person):
            return self
        shared = Q(visibility=Visibility.PROJECT) & project_q(person, "project")
        return self.filter(groups_q(person, "group") | shared | shown_q(person))


class Model(models.Model):
    """A registered model effort: planned, training, released, withdrawn or abandoned."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    group = models.ForeignKey("projects.Group", on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        "projects.Project", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    visibility = models.CharField(
        _("who may see it"),
        max_length=8,
        choices=VISIBILITY_LABELS,
        default=Visibility.GROUP.value,
    )
    state = models.CharField(
        _("state"), max_length=9, choices=STATE_LABELS, default=ModelState.PLANNED.value
    )
    modality_in = ArrayField(models.CharField(max_length=20), default=list)
    modality_out = ArrayField(models.CharField(max_length=20), default=list)
    architecture = models.CharField(_("architecture"), max_length=60, blank=True)
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    domains = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    tasks = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    training_mode = models.CharField(
        _("training mode"),
        max_length=16,
        choices=TRAINING_MODE_LABELS,
        default=TrainingMode.UNKNOWN.value,
    )
    parameters = models.BigIntegerField(_("parameters"), null=True, blank=True)
    tokens = models.BigIntegerField(_("training tokens"), null=True, blank=True)
    datasets = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    window_start = models.DateField(_("training begins"), null=True, blank=True)
    window_end = models.DateField(_("training ends before"), null=True, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    description = models.TextField(_("description"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("model")
        verbose_name_plural = _("models")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "name"],
                condition=~Q(state=ModelState.WITHDRAWN.value),
                name="model_name_once_per_group",
            ),
            models.CheckConstraint(
                condition=Q(parameters=None) | Q(parameters__gt=0), name="parameters_positive"
            ),
            models.CheckConstraint(
                condition=Q(tokens=None) | Q(tokens__gt=0), name="tokens_positive"
            ),
            models.CheckConstraint(
                condition=Q(window_end=None) | Q(window_start__lt=F("window_end")),
                name="model_window_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def missing_facts(self) -> list[str]:
        """Which of the seven facts of a plan are not known yet, by field name."""
        facts = {
            "modality_out": self.modality_out,
            "languages": self.languages,
            "tasks": self.tasks,
            "training_mode": self.training_mode != TrainingMode.UNKNOWN,
            "parameters": self.parameters,
            "tokens": self.tokens,
            "window": self.window_start,
        }
        return [name for name, value in facts.items() if not value]

    def facts(self) -> dict[str, object]:
        """What a training request freezes at its submission, as plain JSON."""
        return {
            "name": self.name,
            "modality_in": self.modality_in,
            "modality_out": self.modality_out,
            "architecture": self.architecture,
            "languages": self.languages,
            "domains": self.domains,
            "tasks": self.tasks,
            "training_mode": self.training_mode,
            "parameters": self.parameters,
            "tokens": self.tokens,
            "datasets": self.datasets,
            "window": {"start": _iso(self.window_start), "end": _iso(self.window_end)},
            "licence": self.licence,
        }


class VersionQuerySet(models.QuerySet["Version"]):
    def visible_to(self, person: Person) -> Self:
        """The versions of visible models."""
        return self.filter(model__in=Model.objects.visible_to(person))


class Version(models.Model):
    """One set of weights of a model; a planned model has one without number or source."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(number=None), name="one_planned_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.number}" if self.number else f"{self.model} (planned)"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
