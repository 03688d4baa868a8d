"""Model efforts, also before any weights exist."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import DateField, F, Func, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.moves import Move, Stateful
from projects.models.projects import VISIBILITY_LABELS
from projects.roles import Visibility
from registry.models.labels import STATE_LABELS, TRAINING_MODE_LABELS
from registry.models.visibility import open_as_member, open_to
from registry.models.wording import words_of
from registry.overlap.blocks import blocks_of
from registry.vocabulary import ENDED_STATES, MODEL_MOVES, OPEN_STATES, ModelState, TrainingMode

if TYPE_CHECKING:
    from projects.scoping import Person
    from registry.models.versions import Version

SEVEN = (
    "modality_out",
    "languages",
    "tasks",
    "training_mode",
    "parameters",
    "tokens",
    "window",
)
# A minus that no word follows: a row of them is a nest of "not" that PostgreSQL has no room for.
LOOSE_MINUS = re.compile(r'-(?![\w"])')
SEARCHED = ("english", "german", "simple")


# What a list of many models shows nothing of.
BULKY = ("description", "card", "card_meta", "words", "search", "blocks", "datasets", "tags",
         "public_record", "registered_facts")  # fmt: skip


class ModelQuerySet(models.QuerySet["Model"]):
    def visible_to(self, person: Person) -> Self:
        """Own models, those shared in own projects, and those opened to more people.

        Until its embargo ends an entry is its group's alone, whatever it will be opened to.
        """
        return self.filter(open_to(person))

    def visible_as_member(self, person: Person) -> Self:
        """What the person's groups alone would let them see, whatever their role in the portal."""
        return self.filter(open_as_member(person))

    def open_to_partners(self) -> Self:
        """What any member of a partner may see."""
        embargoed = Q(
            embargo_until__gt=Func(
                function="CURRENT_DATE", template="%(function)s", output_field=DateField()
            )
        )
        return self.filter(visibility__in=(Visibility.PUBLIC, Visibility.PARTNERS)).exclude(
            embargoed
        )

    def present(self) -> Self:
        """Without what was withdrawn, abandoned or merged into another record."""
        return self.exclude(state__in=ENDED_STATES)

    def matching(self, text: str) -> Self:
        """Those that hold the words, in German or English, in any of their forms."""
        plain = LOOSE_MINUS.sub(" ", text)
        queries = [SearchQuery(plain, config=c, search_type="websearch") for c in SEARCHED]
        return self.filter(search=queries[0] | queries[1] | queries[2])

    def stale(self, now: datetime) -> Self:
        """Open plans that nobody called still true for a while."""
        until = now - timedelta(days=settings.PLAN_STALE_DAYS)
        return self.filter(state__in=OPEN_STATES, confirmed_at__lt=until)


class ModelManager(models.Manager.from_queryset(ModelQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> ModelQuerySet:
        """Rows without what only the search reads."""
        rows: ModelQuerySet = super().get_queryset().defer("words", "search", "blocks")
        return rows


class Model(Stateful):
    """A registered model effort: planned, training, released, withdrawn or abandoned."""

    MOVES = MODEL_MOVES
    moves: models.Manager[ModelMove]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Bytewise order, as MLflow's clients page through names.
    name = models.CharField(_("name"), max_length=120, db_collation="C")
    qualified = models.CharField(max_length=202, db_collation="C", default="", editable=False)
    group = models.ForeignKey("projects.Group", on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        "projects.Project", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    partners = models.ManyToManyField("projects.Partner", related_name="+", blank=True)
    visibility = models.CharField(
        _("who may see it"),
        max_length=8,
        choices=VISIBILITY_LABELS,
        default=Visibility.GROUP.value,
    )
    embargo_until = models.DateField(_("for our group only until"), null=True, blank=True)
    # Whether descendants may say "non-public ancestor" to those who may not see this.
    shows_as_ancestor = models.BooleanField(_("may be told of as an ancestor"), default=False)
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
    # The best figures of their kinds, kept here for lists and filters; see Figure.
    parameters = models.BigIntegerField(_("parameters"), null=True, blank=True)
    active_parameters = models.BigIntegerField(_("active parameters"), null=True, blank=True)
    tokens = models.BigIntegerField(_("training tokens"), null=True, blank=True)
    datasets = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    window_start = models.DateField(_("training begins"), null=True, blank=True)
    window_end = models.DateField(_("training ends before"), null=True, blank=True)
    released_on = models.DateField(null=True, blank=True, editable=False)  # of the best figure
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    intended_users = models.CharField(_("intended users"), max_length=300, blank=True)
    contact = models.EmailField(_("function mailbox"), blank=True)
    description = models.TextField(_("description"), blank=True)
    card = models.TextField(_("card"), blank=True)  # Markdown, without its front matter
    card_meta = models.JSONField(default=dict, blank=True)  # the front matter as it came

    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )
    tags = models.JSONField(default=dict, blank=True)  # MLflow's; ours are projections of columns
    hub_id = models.CharField(_("name on the Hub"), max_length=200, blank=True)
    # Where a public entry was taken from: source, as_of, confidence …; {} if declared here
    public_record = models.JSONField(default=dict, blank=True)
    registered_facts = models.JSONField(default=dict, blank=True)  # as on the priority date
    words = models.TextField(blank=True, editable=False)
    # Where similar efforts are looked for; see Block.
    blocks = ArrayField(models.CharField(max_length=100), default=list, editable=False)
    # GPU-seconds that requests for it ask for, so long as nobody denied them.
    asked_gpu_seconds = models.BigIntegerField(null=True, editable=False)
    # Its facts changed and nobody compared it since; the background work looks here.
    assess_due_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    assessed_at = models.DateTimeField(null=True, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("words", config=SEARCHED[0])
        + SearchVector("words", config=SEARCHED[1])
        + SearchVector("words", config=SEARCHED[2]),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(default=timezone.now)  # the priority date
    confirmed_at = models.DateTimeField(
        default=timezone.now
    )  # when somebody last said that it is still true
    reminded_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ModelManager()

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
            models.CheckConstraint(
                condition=(Q(successor=None) | ~Q(successor=F("id")))
                & (Q(merged_into=None) | ~Q(merged_into=F("id"))),
                name="model_follows_another",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="model_newest"),
            models.Index(fields=["group", "-created_at", "-id"], name="model_of_group"),
            models.Index(fields=["project", "-created_at", "-id"], name="model_of_project"),
            models.Index(fields=["state", "-created_at", "-id"], name="model_by_state"),
            models.Index(fields=["group", "name"], name="model_named"),
            models.Index(fields=["qualified"], name="model_qualified"),
            models.Index(fields=["hub_id"], condition=~Q(hub_id=""), name="model_on_the_hub"),
            models.Index(fields=["-updated_at", "qualified"], name="model_changed"),
            GinIndex(fields=["languages"], name="model_languages"),
            GinIndex(fields=["tasks"], name="model_tasks"),
            GinIndex(fields=["domains"], name="model_domains"),
            GinIndex(fields=["modality_out"], name="model_modality_out"),
            GinIndex(OpClass("tags", "jsonb_path_ops"), name="model_tags"),
            models.Index(
                fields=["assess_due_at"],
                condition=~Q(assess_due_at=None),
                name="model_to_assess",
            ),
            GinIndex(fields=["search"], name="model_search"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="model_name_part"),
        ]

    def __str__(self) -> str:
        return self.name

    def refresh_words(self) -> None:
        """Bring what is searched and where it is found up to date; saved by the caller."""
        self.words = words_of(self)
        self.blocks = blocks_of(self.modality_out, self.languages, self.tasks, self.training_mode)

    def missing_facts(self) -> list[str]:
        """Which of the seven facts of a plan are not known yet, by field name."""
        return missing_in(vars(self))

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
            "active_parameters": self.active_parameters,
            "tokens": self.tokens,
            "datasets": self.datasets,
            "window": {"start": _iso(self.window_start), "end": _iso(self.window_end)},
            "licence": self.licence,
            "intended_users": self.intended_users,
        }

    def newest_version(self) -> Version:
        """What the model stands for as a parent: its newest living version, else the planned."""
        return self.versions.newest_first()[0]

    def may_become(self) -> list[str]:
        """The states that may follow the present one."""
        allowed: Iterable[Any] = MODEL_MOVES.get(ModelState(self.state), frozenset())
        return [state.value for state in ModelState if state in allowed]

    def is_open(self) -> bool:
        """Whether compute may still be saved: planned or in training."""
        return self.state in OPEN_STATES

    def is_stale(self, now: datetime) -> bool:
        """Whether an open plan waits to be called still true."""
        return self.is_open() and now - self.confirmed_at > timedelta(
            days=settings.PLAN_STALE_DAYS
        )


def missing_in(facts: Mapping[str, Any]) -> list[str]:
    """Which of the seven facts of a plan are not known, of a model's columns by name."""
    known = {**facts, "window": facts["window_start"]}
    known["training_mode"] = known["training_mode"] != TrainingMode.UNKNOWN
    return [name for name in SEVEN if not known[name]]


class ModelMove(Move):
    """One change of a model's state."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.model}: {self.from_state} → {self.to_state}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
