"""Telling webhooks what happened: at least once, by retries, in the order of the audit log."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from projects.actions.notices import tell
from projects.doorbell import ring
from projects.gates import gate_before
from projects.models import Event, Webhook, WebhookDelivery
from projects.models.sealed import Unreadable
from projects.models.webhooks import WebhookAttempt, sealed_up_to
from projects.notices import NoticeKind
from projects.outgoing import Answered, post, trust_with
from projects.signatures import signed

log = structlog.get_logger(__name__)

# After the first try, the second … time of one delivery: three days and eight hours in all.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 57600, 86400, 86400)
)
STOPS_AFTER = timedelta(days=3)  # without a single success
LONGEST_REST = timedelta(hours=1)  # of a webhook between two tries
PASS_SECONDS = 20.0  # in which one pass begins another delivery
LEASE = timedelta(seconds=60)
BATCH = 1_000  # events that one pass reads
GONE = 410
KEPT = timedelta(days=30)


def ring_webhooks() -> int:
    """Ring a pass for each webhook that has something to do; how many."""
    keys = list(Webhook.objects.busy(sealed_up_to()).values_list("pk", flat=True))
    for key in keys:
        ring("projects.deliver_webhook", str(key))
    return len(keys)


def deliver_webhook(key: UUID) -> int:
    """One pass over one webhook: read what was sealed, send what is due; how many were taken.

    A second pass of the same webhook does nothing. It ends with the first delivery that fails, so
    that a receiver that is down costs one try.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=Now())
    mine = Webhook.objects.awake().filter(free, pk=key)
    if not mine.update(leased_until=Now() + LEASE):
        return 0
    try:
        if hook := _awake(key):
            queue_events(hook)
        return _send_due(key)
    finally:
        Webhook.objects.filter(pk=key).update(leased_until=None)


@transaction.atomic
def queue_events(hook: Webhook) -> int:
    """A delivery for each event since the last time, BATCH at the most; how many."""
    read_to = Webhook.objects.select_for_update().values_list("read_to", flat=True).get(pk=hook.pk)
    head = sealed_up_to()
    rows = hook.events().filter(seal__number__gt=read_to, seal__number__lte=head)
    found = list(rows.values_list("pk", "seal__number")[:BATCH])
    now = timezone.now()
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(webhook=hook, event_id=event, place=place, created_at=now, due_at=now)
            for event, place in found
        ],
        ignore_conflicts=True,
    )
    hook.read_to = found[-1][1] if len(found) == BATCH else head
    Webhook.objects.filter(pk=hook.pk).update(read_to=hook.read_to)
    return len(found)


def forget_deliveries(*, now: datetime) -> int:
    """What was delivered or dropped longer ago than the log is kept; how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=now - KEPT, due_at=None)
    deleted, _rows = old.filter(
        Q(delivered_at__isnull=False) | Q(dropped_at__isnull=False)
    ).delete()
    return deleted


def _awake(key: UUID) -> Webhook | None:
    """The webhook as it is now, and its owner's rights with it; None if it is sent nothing."""
    rows = Webhook.objects.awake().select_related("owner")
    hook = rows.filter(pk=key).first()
    # Whose tokens are not taken is not told anything either.
    return None if hook is None or gate_before(hook.owner) else hook


def _send_due(key: UUID) -> int:
    until = time.monotonic() + PASS_SECONDS
    taken = 0
    while time.monotonic() < until and (hook := _awake(key)):
        delivery = hook.deliveries.due().select_related("event__actor").first()
        if delivery is None:
            break
        if delivery.event and not hook.events().filter(pk=delivery.event.pk).exists():
            _drop(delivery)
            continue
        if not _send(hook, delivery):
            break
        taken += 1
    return taken


def _send(hook: Webhook, delivery: WebhookDelivery) -> bool:
    """Whether it was taken: only an answer of 2xx says so."""
    now = timezone.now()
    try:
        body = _body(hook, delivery, now)
        key = str(delivery.event.id if delivery.event else delivery.pk)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "CESAI-portal-webhooks/1",
            "webhook-delivery": str(delivery.pk),
            **signed(secrets=hook.secrets(now=now), key=key, at=now, body=body),
        }
    except Unreadable as error:
        log.error("webhook_secret_unreadable", webhook=str(hook.pk), detail=str(error))
        _rest(hook, delivery, now)
        return False
    answered = post(
        hook.url,
        body,
        headers,
        allowed=settings.OUTGOING_ALLOW,
        trusted=trust_with(settings.OUTGOING_CA),
    )
    is_taken = answered.status is not None and 200 <= answered.status < 300
    _keep(hook, delivery, answered, now, is_taken=is_taken)
    return is_taken


@transaction.atomic
def _keep(
    hook: Webhook, delivery: WebhookDelivery, answered: Answered, now: datetime, *, is_taken: bool
) -> None:
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=now,
        status=answered.status,
        problem=answered.problem or "",
        milliseconds=round(answered.seconds * 1000),
    )
    log.info(
        "webhook_sent",
        webhook=str(hook.pk), delivery=str(delivery.pk), host=hook.host,
        status=answered.status, problem=answered.problem,
    )  # fmt: skip
    if not is_taken:
        _rest(hook, delivery, now, is_gone=answered.status == GONE)
        return
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        delivered_at=now, due_at=None, attempts=delivery.attempts + 1
    )
    if hook.failing_since:
        hook.failures, hook.failing_since, hook.quiet_until = 0, None, None
        hook.save(update_fields=["failures", "failing_since", "quiet_until"])


@transaction.atomic
def _rest(
    hook: Webhook, delivery: WebhookDelivery, now: datetime, *, is_gone: bool = False
) -> None:
    """Try again later, the longer the oftener it failed; stop what never succeeds."""
    tries = delivery.attempts
    due = now + WAITS[tries] if tries < len(WAITS) else None
    WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=due, attempts=tries + 1)
    rest = min(WAITS[min(hook.failures, len(WAITS) - 1)], LONGEST_REST)
    hook.failures += 1
    hook.failing_since = hook.failing_since or now
    hook.quiet_until = now + rest
    fields = ["failures", "failing_since", "quiet_until"]
    if is_gone or now - hook.failing_since >= STOPS_AFTER:
        hook.stopped_at = now
        hook.stopped_because = Webhook.Stopped.GONE if is_gone else Webhook.Stopped.SILENT
        fields += ["stopped_at", "stopped_because"]
        tell(
            users=[hook.owner],
            kind=NoticeKind.WEBHOOK_STOPPED,
            path=reverse("webhook", args=[hook.pk]),
            params={"webhook": hook.name},
            now=now,
        )
    hook.save(update_fields=fields)


def _drop(delivery: WebhookDelivery) -> None:
    """Its owner may not see the event any more, or does not want it."""
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=None, dropped_at=now)


def _body(hook: Webhook, delivery: WebhookDelivery, now: datetime) -> bytes:
    """`type`, `timestamp` and `data`: the event as the API shows it to the webhook's owner."""
    event = delivery.event
    data = _data(event, hook) if event else {"webhook": str(hook.pk)}
    body = {"type": delivery.kind, "timestamp": event.at if event else now, "data": data}
    return orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)


def _data(event: Event, hook: Webhook) -> dict[str, Any]:
    actor = hook.owner.login_name_of(event.actor) if event.actor else None
    return {
        "id": event.id,
        "url": settings.BASE_URL + reverse("api-events-detail", args=[event.id]),
        "at": event.at,
        "actor": actor,
        "kind": event.kind,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "project": event.project_id,
        "reason": event.reason,
        "changes": event.changes,
    }
