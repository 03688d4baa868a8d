"""A coordinator's handling of similar efforts: its parties, its talk, its outcome."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.models.moves import Move, Stateful
from projects.scoping import sees_everything
from registry.models.models import Model
from registry.models.overlaps import Overlap
from registry.vocabulary import CASE_MOVES, OPEN_CASES, CaseState, Outcome

if TYPE_CHECKING:
    from projects.models import User
    from projects.scoping import Person

CASE_LABELS = [
    (CaseState.OPEN.value, pgettext_lazy("case", "open")),
    (CaseState.CONTACTED.value, _("groups contacted")),
    (CaseState.IN_TALKS.value, _("in talks")),
    (CaseState.DECIDED.value, _("decided")),
    (CaseState.CLOSED.value, _("closed")),
]
OUTCOME_LABELS = [
    (Outcome.MERGE.value, _("merge the efforts")),
    (Outcome.COORDINATE.value, _("coordinate them")),
    (Outcome.REUSE.value, _("reuse the other model")),
    (Outcome.PROCEED.value, _("proceed: no redundancy")),
    (Outcome.WITHDRAW.value, _("withdraw one of them")),
]
# Without letters and digits that are mistaken for each other.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """What people call a case in mails, A-7K3QX; random, so that it counts nothing."""
    return "A-" + "".join(secrets.choice(_ALPHABET) for _ in range(5))


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, person: Person) -> Self:
        """Staff, and the groups that were invited."""
        if not person.is_authenticated:
            return self.none()
        if sees_everything(person):
            return self
        own = list(person.standing.group_roles)
        parties = CaseParty.objects.filter(group__in=own).exclude(invited_at=None)
        return self.filter(pk__in=parties.values("case"))

    def undecided(self) -> Self:
        """Those that hold an award back."""
        return self.filter(state__in=OPEN_CASES)

    def confirmed(self) -> Self:
        """Decided ones whose GPU-hours avoided every group confirmed that was asked."""
        asked = CaseParty.objects.exclude(invited_at=None)
        rows = self.filter(state__in=(CaseState.DECIDED, CaseState.CLOSED))
        rows = rows.filter(avoided_high__gt=0, pk__in=asked.values("case"))
        return rows.exclude(pk__in=asked.filter(confirms_avoided=False).values("case"))

    def about(self, model: Model) -> Self:
        """Those to which a model is a party."""
        return self.filter(pk__in=CaseParty.objects.filter(model=model).values("case"))


class Case(Stateful):
    """Overlaps that are handled together, or a request that says too little to compare."""

    class About(models.TextChoices):
        OVERLAP = "overlap", _("similar efforts")
        MISSING_FACTS = "missing_facts", _("too few facts to compare")

    class WaitingOn(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator")
        GROUPS = "groups", _("groups")
        NOBODY = "", _("nobody")

    MOVES = CASE_MOVES

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    about = models.CharField(max_length=14, choices=About, default=About.OVERLAP)
    state = models.CharField(
        _("state"), max_length=12, choices=CASE_LABELS, default=CaseState.OPEN.value
    )
    overlaps = models.ManyToManyField(Overlap, related_name="cases", blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    waiting_on = models.CharField(
        max_length=12, choices=WaitingOn, default=WaitingOn.COORDINATOR, blank=True
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(  # nobody: the gate did
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_because = models.TextField(blank=True)
    due_at = models.DateTimeField()
    holds_until = models.DateTimeField()  # ten working days after it was opened
    outcome = models.CharField(_("outcome"), max_length=12, choices=OUTCOME_LABELS, blank=True)
    outcome_reason = models.TextField(_("reason"), blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # GPU-seconds: requested minus finally awarded, as a range; confirmed by the groups.
    avoided_low = models.BigIntegerField(null=True)
    avoided_high = models.BigIntegerField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "id"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(
                condition=Q(avoided_low=None)
                | Q(avoided_low__gte=0, avoided_low__lte=F("avoided_high")),
                name="case_avoided_range",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None) | ~Q(outcome=""), name="case_decided_with_outcome"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="case_by_state")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Whether it holds an award back until it is due."""
        return self.state in OPEN_CASES

    def holds_at(self, now: datetime) -> bool:
        """Whether an award must wait for it at this moment."""
        return self.is_open and now < self.holds_until

    def is_party(self, person: User) -> bool:
        """Whether one of the person's own groups takes part: then they do not handle it."""
        own = set(person.standing.group_roles)
        return any(party.group_id in own for party in self.parties.all())


class CaseMove(Move):
    """One change of a case's state."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.case}: {self.from_state} → {self.to_state}"


class CaseParty(models.Model):
    """A group's effort in a case: whether it was asked, may be named, and agrees."""

    class Answer(models.TextChoices):
        AGREES = "agrees", _("agrees")
        DISAGREES = "disagrees", _("disagrees")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("projects.Group", on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(null=True)
    # Whether the group lets the other side know who it is and what it plans.
    is_introducible = models.BooleanField(null=True)
    introduction_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answer = models.CharField(max_length=9, choices=Answer, blank=True)  # to the outcome
    answer_text = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirms_avoided = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "model"], name="party_once_per_case"),
        ]

    def __str__(self) -> str:
        return f"{self.group} in {self.case}"


class CaseMessage(models.Model):
    """One contribution to the talk; staff choose who reads theirs."""

    class Source(models.TextChoices):
        PORTAL = "portal", _("portal")
        EMAIL = "email", _("e-mail, filed here")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    # The one group that reads it beside the staff; nobody: the staff alone.
    party = models.ForeignKey(
        CaseParty, on_delete=models.CASCADE, null=True, related_name="messages"
    )
    is_for_all = models.BooleanField(default=False)
    text = models.TextField()
    source = models.CharField(max_length=6, choices=Source, default=Source.PORTAL)
    sender = models.CharField(max_length=254, blank=True)  # who wrote for a group
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_from_group(self) -> bool:
        """Whether a group said it, on its page or by e-mail."""
        return bool(self.sender)

    @property
    def spoken_by(self) -> str:
        """The group that said it, or the coordinators."""
        if self.is_from_group and self.party:
            return self.party.group.name
        return str(_("coordinator"))


class Recusal(models.Model):
    """A coordinator who stands aside, and no longer reads the confidential side."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="recusals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="recusal_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} stands aside in {self.case}"
