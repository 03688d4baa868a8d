"""Notices by e-mail: all that waits for a person is one mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from projects.models import Notice

log = structlog.get_logger(__name__)

MOST = 200  # mails in one round, and lines in one mail; the next round takes the rest


def mail_notices(*, now: datetime) -> int:
    """One mail to each for whom something waits to be told at once, and one to each whose digest
    is due; how many were sent.

    A notice is claimed before its mail is sent, so that two workers never send it twice; where
    the mail could not be sent, the next round tries again.
    """
    ripe = now - timedelta(hours=settings.DIGEST_HOURS)
    due = list(Notice.objects.due(before=ripe)[:MOST])
    return sum(
        _send(notices, now) for user, delivery in due if (notices := _claimed(user, delivery, now))
    )


def _claimed(user: UUID, delivery: str, now: datetime) -> list[Notice]:
    rows = Notice.objects.waiting().filter(user=user, delivery=delivery).select_related("user")
    return [
        notice
        for notice in rows.order_by("at", "id")[:MOST]
        if Notice.objects.filter(pk=notice.pk, mailed_at=None, read_at=None).update(mailed_at=now)
    ]


def _send(notices: list[Notice], now: datetime) -> bool:
    person = notices[0].user
    known = person.language in dict(settings.LANGUAGES)
    languages = [person.language] if known else ["de", "en"]
    subject, text = _subject(languages, len(notices)), _text(languages, notices)
    try:
        send_mail(subject, text, None, [person.email])
    except (OSError, ValueError) as error:  # no server, or an address that is none
        log.warning("notices_not_sent", notices=len(notices), detail=str(error))
        keys = [notice.pk for notice in notices]
        Notice.objects.filter(pk__in=keys, mailed_at=now).update(mailed_at=None)
        return False
    return True


def _subject(languages: Iterable[str], count: int) -> str:
    words = []
    for language in languages:
        with override(language):
            words.append(_("Notices"))
    return f"CESAI: {' / '.join(words)} ({count})"


def _text(languages: Iterable[str], notices: list[Notice]) -> str:
    parts = []
    for language in languages:
        with override(language):
            lines = [f"{notice.sentence} {settings.BASE_URL}{notice.path}" for notice in notices]
            choose = _("You choose what you are told of, and how: %(address)s")
            address = f"{settings.BASE_URL}{reverse('settings')}#told"
            parts += ["\n".join(lines), choose % {"address": address}]
    return "\n\n".join(parts)
