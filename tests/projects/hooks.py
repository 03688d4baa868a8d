"""What the tests of webhooks share: a hook to a receiver, events, and time that passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from projects.actions.delivering import deliver_webhook
from projects.actions.sealing import seal_events
from projects.actions.webhooks import Facts, create_webhook
from projects.models import Event, Project, User, Webhook, WebhookDelivery
from projects.models.events import record_event
from projects.models.webhooks import sealed_up_to
from tests import make


def make_hook(owner: User, url: str, **facts: Any) -> Webhook:
    """A webhook without the trial that a new one is sent."""
    hook, secret = create_webhook(by=owner, facts=Facts("CI", url, **facts), now=make.now())
    hook.deliveries.all().delete()
    seal_events(now=make.now())
    Webhook.objects.filter(pk=hook.pk).update(read_to=sealed_up_to())
    hook.__dict__["told"] = secret
    return hook


def happen(project: Project, *kinds: str, by: User | None = None) -> list[Event]:
    """Events of a project, sealed."""
    who = by or project.created_by
    for kind in kinds:
        record_event(by=who, kind=kind, about=project, now=make.now(), project=project)
    seal_events(now=make.now())
    return list(Event.objects.order_by("-sequence")[: len(kinds)])[::-1] if kinds else []


def go(hook: Webhook, *, passes: int = 1) -> int:
    """So many passes, each when all that waits is due; how many deliveries were taken."""
    taken = 0
    for _ in range(passes):
        past = timezone.now() - timedelta(seconds=1)
        Webhook.objects.filter(pk=hook.pk, quiet_until__isnull=False).update(quiet_until=past)
        waiting = WebhookDelivery.objects.filter(webhook=hook, due_at__isnull=False)
        waiting.filter(due_at__gt=past).update(due_at=past)
        taken += deliver_webhook(hook.pk)
    hook.refresh_from_db()
    return taken
