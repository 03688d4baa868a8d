"""Asking groups whether an old plan is still true."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from registry.models import Model

log = structlog.get_logger(__name__)

AGAIN_AFTER = timedelta(days=30)
MOST = 200  # models in one round; the next round takes the rest


def remind_of_stale_plans(*, now: datetime) -> int:
    """One mail in both languages to each mailbox with stale plans; how many were sent.

    A plan is claimed before its mail is sent, so that two workers never send it twice; where
    the mail could not be sent, the next round tries again.
    """
    due = Model.objects.stale(now).filter(
        Q(reminded_at=None) | Q(reminded_at__lt=now - AGAIN_AFTER)
    )
    due = due.exclude(contact="", group__contact="")
    waiting: dict[str, list[Model]] = {}
    for model in due.select_related("group").order_by("confirmed_at")[:MOST]:
        mailbox = model.contact or model.group.contact
        rows = Model.objects.filter(pk=model.pk, reminded_at=model.reminded_at)
        if rows.update(reminded_at=now):
            waiting.setdefault(mailbox, []).append(model)
    return sum(_send(mailbox, models, now) for mailbox, models in waiting.items())


def _send(mailbox: str, models: list[Model], now: datetime) -> bool:
    try:
        send_mail(_subject(models), _text(models), None, [mailbox])
    except (OSError, ValueError) as error:  # no server, or an address that is none
        log.warning("reminder_not_sent", plans=len(models), detail=str(error))
        keys = [model.pk for model in models]
        Model.objects.filter(pk__in=keys, reminded_at=now).update(reminded_at=None)
        return False
    return True


def _subject(models: list[Model]) -> str:
    with override("en"):
        english = _("Still true?")
    with override("de"):
        return f"{_('Still true?')} / {english} ({len(models)})"


def _text(models: Iterable[Model]) -> str:
    parts = []
    for language in ("de", "en"):
        with override(language):
            said = _(
                "Nobody confirmed these plans for a while. If one is still true, say so on its"
                " page with one click; if it is given up, say that."
            )
            parts.append(said)
    lines = [
        f"{model.name}: {settings.BASE_URL}{reverse('model', args=[model.pk])}" for model in models
    ]
    return "\n\n".join([*parts, "\n".join(lines)])
