"""Webhooks: where a person's own programs are told of events, and what became of each telling."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from projects.event_kinds import Topic, topics_in
from projects.models import sealed
from projects.models.events import Event
from projects.models.seals import Seal
from projects.outgoing import Problem

if TYPE_CHECKING:
    from projects.scoping import Person

SECRET_OVERLAP = timedelta(hours=24)  # in which a former secret still signs, too
TOPIC_LABELS = [
    (Topic.REQUESTS.value, _("requests")),
    (Topic.ALLOCATIONS.value, _("allocations and grants")),
    (Topic.JOBS.value, _("jobs and job templates")),
    (Topic.MODELS.value, _("models and datasets")),
    (Topic.CASES.value, _("cases")),
    (Topic.PROJECTS.value, _("projects")),
    (Topic.GROUPS.value, _("groups and partners")),
    (Topic.CLUSTERS.value, _("clusters and pools")),
    (Topic.PORTAL.value, _("calls, initiatives, imports")),
    (Topic.ACCESS.value, _("access")),
]
_TOPICS: Mapping[str, Any] = dict(TOPIC_LABELS)


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, person: Person) -> Self:
        """One's own: where a person's programs listen is nobody else's affair."""
        return self.filter(owner=person.pk) if person.is_authenticated else self.none()

    def awake(self) -> Self:
        """Those that are sent what happens; not those that rest after a failure."""
        rows = self.filter(paused_at=None, stopped_at=None, owner__is_active=True)
        return rows.filter(Q(quiet_until=None) | Q(quiet_until__lte=Now()))

    def busy(self, head: int) -> Self:
        """Those that have something to do: events up to seal `head` to read, or to be sent."""
        due = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), due_at__lte=Now())
        return self.awake().filter(Q(read_to__lt=head) | Exists(due))


class Webhook(models.Model):
    """One address of one person's, told of what they may see; secrets are sealed."""

    class Stopped(models.TextChoices):
        SILENT = "silent", _("nothing could be delivered for three days")
        GONE = "gone", _("the receiver answered that it is gone (410)")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=2000)
    kinds = ArrayField(models.CharField(max_length=40), default=list)  # of events; empty: all
    project = models.ForeignKey(
        "projects.Project", on_delete=models.PROTECT, null=True, related_name="+"
    )
    sealed_secret = models.TextField()
    sealed_former_secret = models.TextField(blank=True)
    former_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    read_to = models.BigIntegerField()  # the seal up to which events have been read
    paused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_because = models.CharField(max_length=8, choices=Stopped, blank=True)
    # What a pass left behind; all of it begins anew with the first success.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)  # by the pass that sends now

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """Where it leads, without what in an address may be secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def state(self) -> str:
        """active, failing, paused or stopped."""
        if self.stopped_at:
            return "stopped"
        if self.paused_at:
            return "paused"
        return "failing" if self.failing_since else "active"

    @property
    def topics(self) -> list[Any]:
        """What its events are about, in words."""
        return [_TOPICS[topic] for topic in topics_in(self.kinds)] if self.kinds else []

    def keep_secret(self, secret: str, *, now: datetime) -> None:
        """Sign with this one from now on, and for a day with the one before as well."""
        if self.sealed_secret and (former := self._former()):
            self.sealed_former_secret = sealed.seal(former, row=self.pk, column="former")
            self.former_until = now + SECRET_OVERLAP
        self.sealed_secret = sealed.seal(secret, row=self.pk, column="secret")

    def secret(self) -> str:
        """The secret that signs. Raises sealed.Unreadable."""
        return sealed.unseal(self.sealed_secret, row=self.pk, column="secret")

    def _former(self) -> str:
        """What signed so far; "" if no key opens it, so that a new one takes its place."""
        try:
            return self.secret()
        except sealed.Unreadable:
            return ""

    def secrets(self, *, now: datetime) -> list[str]:
        """Those that sign now, the newest first. Raises sealed.Unreadable."""
        found = [self.secret()]
        if self.former_until and self.former_until > now:
            found.append(sealed.unseal(self.sealed_former_secret, row=self.pk, column="former"))
        return found

    def seal_anew(self) -> None:
        """With the first key. Raises sealed.Unreadable."""
        self.sealed_secret = sealed.seal(self.secret(), row=self.pk, column="secret")
        if self.sealed_former_secret:
            former = sealed.unseal(self.sealed_former_secret, row=self.pk, column="former")
            self.sealed_former_secret = sealed.seal(former, row=self.pk, column="former")

    def events(self) -> QuerySet[Event]:
        """What it is told of, as far as its owner may see it now; in the order of sealing."""
        rows = Event.objects.visible_to(self.owner).sealed_after(0)
        if self.kinds:
            rows = rows.filter(kind__in=self.kinds)
        if self.project_id:
            rows = rows.filter(project=self.project_id)
        return rows


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, person: Person) -> Self:
        """Those of one's own webhooks."""
        mine = Q(webhook__owner=person.pk)
        return self.filter(mine) if person.is_authenticated else self.none()

    def due(self) -> Self:
        """What is to be sent now, in the order in which it happened."""
        return self.filter(due_at__lte=Now()).order_by("due_at", "place", "id")

    def undelivered(self) -> Self:
        """What was given up."""
        return self.filter(due_at=None, delivered_at=None, dropped_at=None)


class WebhookDelivery(models.Model):
    """One event for one webhook, sent until it is taken; a row without an event is a trial.

    `due_at` is when it is to be sent next, None once nothing more is to be done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")
    place = models.BigIntegerField()  # the event's seal
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)  # its owner may not see the event any more
    attempts = models.PositiveIntegerField(default=0)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-place", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "due_at"],
                condition=Q(due_at__isnull=False),
                name="webhook_delivery_due",
            ),
            models.Index(
                fields=["webhook", "-created_at", "-place", "-id"], name="webhook_delivery_newest"
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id or 'trial'} to {self.webhook_id}"

    @property
    def kind(self) -> str:
        """The event's kind, `ping` for a trial."""
        return self.event.kind if self.event else "ping"

    @property
    def state(self) -> str:
        """waiting, delivered, given_up or dropped."""
        if self.due_at:
            return "waiting"
        if self.delivered_at:
            return "delivered"
        return "dropped" if self.dropped_at else "given_up"


class WebhookAttempt(models.Model):
    """One time that a delivery was sent, and what came of it."""

    PROBLEMS = [
        (Problem.FORBIDDEN.value, _("leads into a private network: nothing was sent")),
        (Problem.UNKNOWN.value, _("the host's name cannot be found")),
        (Problem.UNREACHABLE.value, _("the host cannot be reached")),
        (Problem.UNTRUSTED.value, _("the host's certificate is not trusted")),
        (Problem.SLOW.value, _("no answer within five seconds")),
        (Problem.BROKEN.value, _("what came is no HTTP, or was broken off")),
    ]

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)  # of HTTP; None if nothing came
    problem = models.CharField(max_length=12, choices=PROBLEMS, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.status or self.problem)


def sealed_up_to() -> int:
    """The number of the newest seal; 0 before the first."""
    return Seal.objects.aggregate(head=Max("number"))["head"] or 0
