"""A person's own webhooks: where programs of theirs are told of what they may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from projects.addresses import AddressRefused, check_url
from projects.doorbell import ring
from projects.errors import Conflict, Invalid
from projects.event_kinds import KINDS
from projects.models import Project, User, Webhook, WebhookDelivery
from projects.models.events import record_event
from projects.models.webhooks import sealed_up_to
from projects.signatures import new_secret

MOST = 20  # webhooks of one person
MOST_AGAIN = 10_000  # events that are sent again at once


@dataclass(frozen=True, slots=True)
class Facts:
    """What the owner says of a webhook; no kinds mean all."""

    name: str
    url: str
    kinds: Collection[str] = ()
    project: Project | None = None


@transaction.atomic
def create_webhook(*, by: User, facts: Facts, now: datetime) -> tuple[Webhook, str]:
    """A new one, told of what is sealed from now on, with a trial; and its secret, this once.

    Raises Invalid, Conflict if the person has too many.
    """
    _check(facts)
    User.objects.select_for_update().get(pk=by.pk)  # two at once count each other
    if Webhook.objects.filter(owner=by).count() >= MOST:
        raise Conflict(_("You have %(most)s webhooks already. Delete one.") % {"most": MOST})
    hook = Webhook(owner=by, created_at=now, read_to=sealed_up_to())
    _set(hook, facts)
    secret = new_secret()
    hook.keep_secret(secret, now=now)
    hook.save()
    _record(by, "create_webhook", hook, now, {"host": [None, hook.host]})
    _try(hook, now)
    return hook, secret


@transaction.atomic
def update_webhook(*, by: User, hook: Webhook, facts: Facts, now: datetime) -> None:
    """Another name, address or choice; what waits goes to the new address. Raises Invalid."""
    _check(facts)
    before = hook.host
    _set(hook, facts)
    # A failure of the old address says nothing about the new one.
    hook.quiet_until = hook.failing_since = None
    hook.failures = 0
    hook.save()
    _record(by, "update_webhook", hook, now, {"host": [before, hook.host]})
    _ring(hook)


@transaction.atomic
def rotate_secret(*, by: User, hook: Webhook, now: datetime) -> str:
    """A new secret, told this once; the former one signs as well for a day."""
    row = Webhook.objects.select_for_update().get(pk=hook.pk)
    secret = new_secret()
    row.keep_secret(secret, now=now)
    row.save(update_fields=["sealed_secret", "sealed_former_secret", "former_until"])
    _record(by, "rotate_webhook_secret", hook, now)
    return secret


@transaction.atomic
def pause_webhook(*, by: User, hook: Webhook, now: datetime) -> None:
    """Nothing is sent until it goes on; what happens meanwhile is kept for it."""
    if hook.paused_at or hook.stopped_at:
        raise Conflict(_("This webhook rests already."))
    hook.paused_at = now
    hook.save(update_fields=["paused_at"])
    _record(by, "pause_webhook", hook, now)


@transaction.atomic
def resume_webhook(*, by: User, hook: Webhook, now: datetime) -> int:
    """Send again, also all that was given up and what happened meanwhile; how many wait now."""
    if not (hook.paused_at or hook.stopped_at):
        raise Conflict(_("This webhook is not paused."))
    hook.paused_at = hook.stopped_at = hook.quiet_until = hook.failing_since = None
    hook.stopped_because, hook.failures = "", 0
    hook.save()
    given_up = hook.deliveries.undelivered().update(due_at=now, attempts=0)
    _record(by, "resume_webhook", hook, now)
    _ring(hook)
    return given_up


@transaction.atomic
def delete_webhook(*, by: User, hook: Webhook, now: datetime) -> None:
    """Nothing is sent any more, and its log is deleted."""
    _record(by, "delete_webhook", hook, now, {"host": [hook.host, None]})
    hook.delete()


@transaction.atomic
def try_webhook(*, hook: Webhook, now: datetime) -> WebhookDelivery:
    """Send a trial of type `ping`."""
    if hook.paused_at or hook.stopped_at:
        raise Conflict(_("This webhook rests: let it go on first."))
    return _try(hook, now)


@transaction.atomic
def send_delivery_again(*, hook: Webhook, delivery: UUID, now: datetime) -> int:
    """One delivery of the log once more; 1. Raises Invalid if it is none of this webhook's."""
    rows = hook.deliveries.filter(pk=delivery, dropped_at=None)
    count = rows.update(due_at=now, attempts=0)
    if not count:
        sentence = _("This webhook has no such delivery.")
        raise Invalid(sentence, fields={"delivery": [sentence]})
    _ring(hook)
    return count


@transaction.atomic
def send_since(*, hook: Webhook, since: datetime, now: datetime) -> int:
    """All events since then that the webhook would be told of, once more; how many.

    Raises Invalid if they are more than 10,000: who missed so many reads them from the feed.
    """
    rows = hook.events().filter(at__gte=since, seal__number__lte=hook.read_to)
    events = list(rows.values_list("pk", "seal__number")[: MOST_AGAIN + 1])
    if len(events) > MOST_AGAIN:
        sentence = _(
            "There are more than 10,000 events since then: name a later time, or read them from"
            " the feed."
        )
        raise Invalid(sentence, fields={"since": [sentence]})
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(webhook=hook, event_id=key, place=place, created_at=now, due_at=now)
            for key, place in events
        ],
        update_conflicts=True,
        unique_fields=["webhook", "event"],
        update_fields=["due_at", "attempts", "dropped_at"],
    )
    _ring(hook)
    return len(events)


@transaction.atomic
def _try(hook: Webhook, now: datetime) -> WebhookDelivery:
    trial = hook.deliveries.create(event=None, place=hook.read_to, created_at=now, due_at=now)
    _ring(hook)
    return trial


def _check(facts: Facts) -> None:
    """Raises Invalid that names the field."""
    try:
        check_url(facts.url, allowed=settings.OUTGOING_ALLOW)
    except AddressRefused as refused:
        sentence = _("This address cannot be used: %(why)s") % {"why": _(refused.why.value)}
        raise Invalid(sentence, fields={"url": [sentence]}) from refused
    unknown = sorted(set(facts.kinds) - KINDS.keys())
    if unknown:
        sentence = _("There is no kind of event “%(kind)s”.") % {"kind": unknown[0][:60]}
        raise Invalid(sentence, fields={"kinds": [sentence]})


def _set(hook: Webhook, facts: Facts) -> None:
    hook.name, hook.url, hook.project = facts.name, facts.url, facts.project
    hook.kinds = sorted(set(facts.kinds))


def _ring(hook: Webhook) -> None:
    ring("projects.deliver_webhook", str(hook.pk))


def _record(
    by: User,
    kind: str,
    hook: Webhook,
    now: datetime,
    changes: dict[str, list[str | None]] | None = None,
) -> None:
    """The host alone: an address often holds a secret."""
    record_event(by=by, kind=kind, about=hook, now=now, changes=changes)
