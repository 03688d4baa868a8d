"""Requests for GPU-hours: the ask, its lines, and what was awarded of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.pools import Pool
from compute.quota import MAX_GPU_SECONDS
from compute.states import DECIDABLE, REQUEST_MOVES, RequestState
from projects.models.moves import Move, Stateful
from projects.scoping import project_q, sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person

STATE_LABELS = [
    (RequestState.DRAFT.value, _("draft")),
    (RequestState.SUBMITTED.value, _("submitted")),
    (RequestState.IN_REVIEW.value, _("in review")),
    (RequestState.CHANGES_REQUESTED.value, _("changes requested")),
    (RequestState.AWARDED.value, _("awarded")),
    (RequestState.DENIED.value, _("denied")),
    (RequestState.WITHDRAWN.value, _("withdrawn")),
]


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, person: Person) -> Self:
        """The project's groups; reviewers see all but other people's drafts."""
        own = self.filter(project_q(person, "project"))
        return self.exclude(state=RequestState.DRAFT) | own if sees_everything(person) else own

    def uncompared(self) -> Self:
        """Handed in for a model, and not compared yet."""
        return self.undecided().filter(compared_at=None).exclude(model=None)

    def undecided(self) -> Self:
        """Those that wait for a decision."""
        return self.filter(state__in=DECIDABLE)


class Request(Stateful):
    """What a project asks."""

    class Kind(models.TextChoices):
        NEW = "new", _("new")
        SUPPLEMENT = "supplement", _("supplement")
        EXTENSION = "extension", _("extension")
        TRANSFER = "transfer", _("transfer")
        REDUCTION = "reduction", _("reduction")
        TERMINATION = "termination", _("termination")

    class Purpose(models.TextChoices):
        TRAINING = "training", _("training")
        EVALUATION = "evaluation", _("evaluation")
        DATA = "data", _("data preparation")
        INFERENCE = "inference", _("inference")
        OTHER = "other", _("other")

    class WhyNot(models.TextChoices):
        REPLICATION = "replication", _("replication")
        LICENCE = "licence", _("licence")
        SECURITY = "security", _("security")
        METHOD = "method", _("method")
        SCHEDULE = "schedule", _("schedule")
        OTHER = "other", _("other")

    MOVES = REQUEST_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(
        "registry.Model", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    # What a request of any other kind than "new" is about
    allocation = models.ForeignKey(
        "compute.Allocation",
        on_delete=models.PROTECT,
        related_name="requests",
        null=True,
        blank=True,
    )
    # Of a transfer: what is returned to the source pool; a GPU-hour of one type is none of another
    returned_gpu_seconds = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.NEW)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    justification = models.TextField(_("justification"), blank=True)
    why_not_reasons = ArrayField(
        models.CharField(max_length=12, choices=WhyNot), default=list, blank=True
    )
    why_not_text = models.TextField(_("why not reuse or join?"), blank=True)
    state = models.CharField(max_length=20, choices=STATE_LABELS, default=RequestState.DRAFT.value)
    facts = models.JSONField(null=True)  # of the model, frozen at submission
    # When the frozen facts were compared with other efforts; the row waits for that until then.
    compared_at = models.DateTimeField(null=True)
    # An award beside an open case: its code, and why if the case could still hold it back.
    awarded_beside = models.CharField(max_length=40, blank=True)
    exception_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # a decision is expected by then
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    # An appeal against a denial, once; whoever denied does not decide on it
    appealed_at = models.DateTimeField(null=True)
    denied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            models.Index(fields=["state", "-created_at"], name="request_by_state"),
            models.Index(fields=["project", "-created_at"], name="request_by_project"),
            models.Index(
                fields=["submitted_at"],
                condition=Q(compared_at=None, state__in=sorted(state.value for state in DECIDABLE))
                & ~Q(model=None),
                name="request_to_compare",
            ),
            models.Index(fields=["model"], condition=~Q(model=None), name="request_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.get_purpose_display()}"

    @property
    def asks_for_lines(self) -> bool:
        """Whether it asks for GPU-seconds of a pool; the others only give some up."""
        return self.kind not in GIVING

    @property
    def gpu_seconds(self) -> int:
        """What is asked in all, or given up; of a termination nobody knows yet."""
        asked = sum(line.gpu_seconds for line in self.lines.all())
        return asked if self.asks_for_lines else self.returned_gpu_seconds or 0

    @property
    def is_decidable(self) -> bool:
        """Whether an award or a denial is still to come."""
        return self.state in DECIDABLE

    @property
    def waiting_on(self) -> str:
        """Who has the next move: `applicant`, `reviewer`, or nobody any more."""
        if self.state in {RequestState.DRAFT, RequestState.CHANGES_REQUESTED}:
            return "applicant"
        return "reviewer" if self.is_decidable else ""


GIVING = (Request.Kind.REDUCTION, Request.Kind.TERMINATION)


class RequestMove(Move):
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class RequestLine(models.Model):
    """GPU-seconds of one pool in a window [start, end) of days, UTC."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="lines")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    start = models.DateField()
    end = models.DateField()
    gpu_seconds = models.BigIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gpu_seconds__gt=0) & Q(gpu_seconds__lte=MAX_GPU_SECONDS),
                name="line_amount_possible",
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="line_window_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.gpu_seconds} GPU-s of {self.pool}"


class AwardLine(models.Model):
    """What one month's capacity gave to a line; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(RequestLine, on_delete=models.PROTECT, related_name="awards")
    month = models.DateField()
    gpu_seconds = models.BigIntegerField()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["line", "month"], name="award_month_once"),
            models.CheckConstraint(condition=Q(gpu_seconds__gt=0), name="award_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.gpu_seconds} GPU-s in {self.month:%Y-%m}"


class AwardSignature(models.Model):
    """The first of two signatures under a large award; the second must be another person's."""

    request = models.OneToOneField(Request, on_delete=models.CASCADE, related_name="signature")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    terms = models.JSONField()  # GPU-seconds by line and month, as they were signed
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.by} under {self.request}"


class Recusal(models.Model):
    """A person who keeps out of the decision on a request."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="recusals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["request", "user"], name="recused_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} keeps out of {self.request}"


class RequestMessage(models.Model):
    """What applicants and reviewers write to each other about a request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="messages")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.by} on {self.request}"
