"""Notices: what people are told, how each wants to be told, and who is to be told."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Min, Q, QuerySet
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from projects.models.events import Event
from projects.models.groups import Group, lasting_q
from projects.models.people import User
from projects.notices import DEFAULTS, Delivery, NoticeKind
from projects.roles import PORTAL_ROLES, Role, Verb, verbs_of

if TYPE_CHECKING:
    from projects.scoping import Person

KIND_LABELS = [
    (NoticeKind.OVERLAP_FOUND.value, _("a similar effort is found")),
    (NoticeKind.CASE_OPENED.value, _("a case is opened")),
    (NoticeKind.CASE_INVITED.value, _("my group is invited to a case")),
    (NoticeKind.CASE_MESSAGE.value, _("somebody writes in a case")),
    (NoticeKind.CASE_DECIDED.value, _("a case is decided")),
    (NoticeKind.CASE_ANSWERED.value, _("a group answers in a case")),
    (NoticeKind.CASE_REOPENED.value, _("a case is opened again")),
    (NoticeKind.REQUEST_SUBMITTED.value, _("a request is submitted")),
    (NoticeKind.REQUEST_RETURNED.value, _("a request is sent back")),
    (NoticeKind.REQUEST_AWARDED.value, _("a request is awarded")),
    (NoticeKind.REQUEST_DENIED.value, _("a request is denied")),
    (NoticeKind.REQUEST_MESSAGE.value, _("somebody writes about a request")),
    (NoticeKind.REQUEST_APPEALED.value, _("a denied request is appealed")),
    (NoticeKind.AWARD_SIGNED.value, _("an award waits for a second signature")),
    (NoticeKind.REQUEST_HELD.value, _("an award waits for a case")),
    (NoticeKind.WATCH_MATCHED.value, _("a watch finds an effort")),
    (NoticeKind.JOIN_ASKED.value, _("a group asks to take part in my project")),
    (NoticeKind.JOIN_ANSWERED.value, _("my group's wish to take part is answered")),
    (NoticeKind.ALLOCATION_PAUSED.value, _("an allocation is paused")),
    (NoticeKind.ALLOCATION_RESUMED.value, _("an allocation goes on after a pause")),
    (NoticeKind.ALLOCATION_ENDED.value, _("an allocation is ended before its time")),
    (NoticeKind.GRANT_REGISTERED.value, _("a grant of another board is to be confirmed")),
    (NoticeKind.GRANT_ANSWERED.value, _("my grant of another board is confirmed, or not")),
    (NoticeKind.GRANT_STATEMENT.value, _("a statement on my grant of another board")),
    (NoticeKind.HOURS_RETURNED.value, _("GPU-hours of an allocation are returned")),
    (NoticeKind.ALLOCATION_LAPSES.value, _("an allocation lapses with GPU-hours left")),
    (NoticeKind.BUDGET_REACHED.value, _("an allocation is nearly or wholly used")),
    (NoticeKind.CREDENTIAL_ENDS.value, _("a credential for a cluster of mine ends")),
    (NoticeKind.ACCOUNTING_LATE.value, _("a cluster's accounting is late, or does not agree")),
    (NoticeKind.DISPATCH_STOPPED.value, _("a cluster of mine takes no jobs until I look")),
    (NoticeKind.WEBHOOK_STOPPED.value, _("a webhook of mine was stopped")),
]
DELIVERY_LABELS = [
    (Delivery.AT_ONCE.value, _("by e-mail at once")),
    (Delivery.DIGEST.value, _("by e-mail as a digest")),
    (Delivery.OFF.value, _("not at all")),
]
SENTENCES: dict[str, Any] = {
    NoticeKind.OVERLAP_FOUND: _("An effort similar to %(mine)s was found: %(theirs)s."),
    NoticeKind.CASE_OPENED: _("Case %(code)s about %(model)s was opened."),
    NoticeKind.CASE_INVITED: _("Your group is invited to case %(code)s about %(model)s."),
    NoticeKind.CASE_MESSAGE: _("There is a new message in case %(code)s about %(model)s."),
    NoticeKind.CASE_DECIDED: _("Case %(code)s about %(model)s was decided."),
    NoticeKind.CASE_ANSWERED: _("A group answered in case %(code)s about %(model)s."),
    NoticeKind.CASE_REOPENED: _("Case %(code)s about %(model)s was opened again."),
    NoticeKind.REQUEST_SUBMITTED: _("%(project)s submitted a request."),
    NoticeKind.REQUEST_RETURNED: _("The request of %(project)s was sent back."),
    NoticeKind.REQUEST_AWARDED: _("The request of %(project)s was awarded."),
    NoticeKind.REQUEST_DENIED: _("The request of %(project)s was denied."),
    NoticeKind.REQUEST_MESSAGE: _("There is a new message about the request of %(project)s."),
    NoticeKind.REQUEST_APPEALED: _("%(project)s appeals against the denial of its request."),
    NoticeKind.AWARD_SIGNED: _("An award to %(project)s waits for a second signature."),
    NoticeKind.REQUEST_HELD: _("The award to %(project)s waits for case %(code)s."),
    NoticeKind.WATCH_MATCHED: _("Your watch “%(watch)s” found %(model)s."),
    NoticeKind.JOIN_ASKED: _("%(group)s asks to take part in %(project)s."),
    NoticeKind.JOIN_ANSWERED: _("Your group's wish to take part in %(project)s was %(answer)s."),
    NoticeKind.ALLOCATION_PAUSED: _("The allocation of %(project)s in %(pool)s was paused."),
    NoticeKind.ALLOCATION_RESUMED: _("The allocation of %(project)s in %(pool)s goes on."),
    NoticeKind.ALLOCATION_ENDED: _("The allocation of %(project)s in %(pool)s was ended."),
    NoticeKind.GRANT_REGISTERED: _("%(project)s registered a grant of %(board)s."),
    NoticeKind.GRANT_ANSWERED: _("The grant of %(board)s to %(project)s: %(answer)s."),
    NoticeKind.GRANT_STATEMENT: _(
        "There is a statement on the grant of %(board)s to %(project)s."
    ),
    NoticeKind.HOURS_RETURNED: _("GPU-hours of %(project)s in %(pool)s were returned."),
    NoticeKind.ALLOCATION_LAPSES: _(
        "%(hours)s GPU-hours of %(project)s in %(pool)s lapse on %(day)s."
    ),
    NoticeKind.BUDGET_REACHED: _(
        "%(percent)s %% of the GPU-hours of %(project)s in %(pool)s are used or reserved."
    ),
    NoticeKind.CREDENTIAL_ENDS: _(
        "The credential of %(unix_user)s on %(cluster)s has ended; its jobs wait for a new one."
    ),
    NoticeKind.ACCOUNTING_LATE: _(
        "The accounting of %(cluster)s does not agree with what is booked; look at what differs."
    ),
    NoticeKind.DISPATCH_STOPPED: _(
        "The portal's database was restored. %(cluster)s gets no jobs until you have looked at "
        "what it did meanwhile."
    ),
    NoticeKind.WEBHOOK_STOPPED: _(
        "Your webhook “%(webhook)s” was stopped: nothing can be delivered. What happens is kept"
        " until it goes on."
    ),
}
WITH_HOURS: dict[str, Any] = {
    NoticeKind.REQUEST_SUBMITTED: _("%(project)s submitted a request for %(hours)s GPU-hours."),
    NoticeKind.REQUEST_AWARDED: _("%(hours)s GPU-hours were awarded to %(project)s."),
    NoticeKind.CREDENTIAL_ENDS: _(
        "The credential of %(unix_user)s on %(cluster)s ends in %(hours)s hours; deliver a new "
        "one."
    ),
    NoticeKind.ACCOUNTING_LATE: _(
        "No accounting of %(cluster)s was booked for %(hours)s hours: figures of use are old."
    ),
    NoticeKind.HOURS_RETURNED: _("%(hours)s GPU-hours of %(project)s in %(pool)s were returned."),
}
WORDS = {
    "accepted": _("accepted"),
    "declined": _("declined"),
    "confirmed": _("confirmed"),
}
MOST_COUNTED = 100


class _Shown(dict[str, str]):
    """Params as a reader of the active language spells them; one that is missing is a dash."""

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__({name: _spelt(name, value) for name, value in params.items()})

    def __missing__(self, name: str) -> str:
        return "–"


def _spelt(name: str, value: Any) -> str:
    if name == "answer":
        return str(WORDS.get(value, value))
    if name == "day":
        return date_format(date.fromisoformat(value), "DATE_FORMAT")
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    return str(value)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, person: Person) -> Self:
        """One's own; nobody reads what another was told, whatever their role."""
        return self.filter(user=person.pk) if person.is_authenticated else self.none()

    def unread(self) -> Self:
        """Those that their person has not read."""
        return self.filter(read_at=None)

    def count_unread(self, person: Person) -> int:
        """How many wait for the person, counted up to MOST_COUNTED."""
        return self.visible_to(person).unread()[:MOST_COUNTED].count()

    def waiting(self) -> Self:
        """Those that are to be mailed, at once or with a digest, and can be."""
        rows = self.filter(mailed_at=None, read_at=None, user__is_active=True)
        return rows.exclude(user__email="")

    def due(self, *, before: datetime) -> QuerySet[Notice, tuple[uuid.UUID, str]]:
        """Whom to mail now, by which delivery: a digest once its oldest notice is from `before`.

        Those who are told at once come first: many digests do not keep them waiting.
        """
        kinds = self.waiting().values_list("user", "delivery").annotate(oldest=Min("at"))
        ripe = kinds.filter(Q(delivery=Delivery.AT_ONCE) | Q(oldest__lte=before))
        return ripe.order_by("delivery", "oldest").values_list("user", "delivery")


class Notice(models.Model):
    """One thing that one person is told; params hold plain texts and numbers only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24, choices=KIND_LABELS)
    params = models.JSONField(default=dict)
    path = models.CharField(max_length=200)  # of the page that it leads to
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # As it was when the person was told: a later choice holds for later notices.
    delivery = models.CharField(max_length=8, choices=DELIVERY_LABELS)
    mailed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_newest"),
            models.Index(
                fields=["user", "-at", "-id"], condition=Q(read_at=None), name="notice_unread"
            ),
            models.Index(
                fields=["user", "delivery", "at"],
                condition=Q(mailed_at=None, read_at=None),
                name="notice_unmailed",
            ),
        ]
        constraints = [
            # A link to another site would look like the portal's own word.
            models.CheckConstraint(
                condition=Q(path__regex=r"^/([^/\\]|$)"), name="notice_leads_to_a_page_of_ours"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"

    @property
    def sentence(self) -> str:
        """What happened, in the active language, on one line."""
        said = SENTENCES.get(self.kind, "")
        if "hours" in self.params:
            said = WITH_HOURS.get(self.kind, said)
        return " ".join((str(said) % _Shown(self.params)).split())


class NoticePreferenceQuerySet(models.QuerySet["NoticePreference"]):
    def of(self, user: User) -> dict[str, str]:
        """How the person is told of each kind, chosen or by default."""
        chosen = self.filter(user=user).values_list("kind", "delivery")
        return {kind.value: delivery.value for kind, delivery in DEFAULTS.items()} | dict(chosen)


class NoticePreference(models.Model):
    """How one person wants to be told of one kind of thing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24, choices=KIND_LABELS)
    delivery = models.CharField(max_length=8, choices=DELIVERY_LABELS)

    objects = NoticePreferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notice_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.delivery}"


def people_of(group: Group) -> QuerySet[User]:
    """Everybody in the group who can log in."""
    inside = Q(memberships__group=group) & lasting_q("memberships__")
    return User.objects.filter(inside, is_active=True)


def leads_of(group: Group) -> QuerySet[User]:
    """Those who speak for the group."""
    leading = Q(memberships__group=group, memberships__role=Role.LEAD)
    return User.objects.filter(leading & lasting_q("memberships__"), is_active=True)


def staff_with(verb: Verb) -> QuerySet[User]:
    """Those whose role over the whole portal includes the verb."""
    roles = [role for role in PORTAL_ROLES if verb in verbs_of(frozenset({role}))]
    return User.objects.filter(is_active=True, portal_roles__role__in=roles).distinct()
