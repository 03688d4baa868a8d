"""The background work for people and for the audit log of what they did."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from projects.actions import delivering, federation, mailing, sealing
from projects.actions.verifying import check_audit


@shared_task(name="projects.mail_notices", ignore_result=True)
def mail_notices() -> int:
    """What waits to be mailed at once, and the digests that are due."""
    return mailing.mail_notices(now=timezone.now())


@shared_task(name="projects.lapse_rights", ignore_result=True)
def lapse_rights() -> int:
    """End what no log-in by its provider has confirmed in time."""
    return federation.lapse_rights(now=timezone.now())


@shared_task(name="projects.seal_events", ignore_result=True)
def seal_events() -> int:
    """What was committed since the last time; then those who wait for it are told."""
    sealed = sealing.seal_events(now=timezone.now())
    delivering.ring_webhooks()
    return sealed


@shared_task(name="projects.deliver_webhook", ignore_result=True)
def deliver_webhook(key: str) -> int:
    """One pass over one webhook."""
    return delivering.deliver_webhook(UUID(key))


@shared_task(name="projects.forget_deliveries", ignore_result=True)
def forget_deliveries() -> int:
    """The log of webhooks is kept for a month."""
    return delivering.forget_deliveries(now=timezone.now())


@shared_task(name="projects.publish_head", ignore_result=True)
def publish_head() -> None:
    """Once an hour: look for what was committed late, then tell the head outside the database."""
    now = timezone.now()
    sealing.seal_events(now=now, whole=True)
    sealing.publish_head(now=now)


@shared_task(name="projects.verify_audit", ignore_result=True)
def verify_audit() -> None:
    """Once a night: follow the whole chain and keep what was found, for the page."""
    verdict = check_audit(sealing.known_heads(), now=timezone.now())
    if verdict.fault:
        sealing.log.error("audit_broken", number=verdict.number, fault=verdict.fault)
