"""Telling people what happened, and how each wants to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from projects.doorbell import ring
from projects.models import Event, Notice, NoticePreference, User
from projects.notices import DEFAULTS, Delivery, NoticeKind


@transaction.atomic
def tell(
    *,
    users: Iterable[User],
    kind: NoticeKind,
    path: str,
    params: dict[str, Any],
    now: datetime,
    event: Event | None = None,
    by: User | None = None,
) -> int:
    """A notice to each who is active, wants it and is not `by`; returns how many were told.

    `params` are plain texts and numbers that everybody among `users` may read: nothing is looked
    up. Called inside the transaction of what happened.
    """
    doer = by.pk if by else None
    people = {user.pk: user for user in users if user.is_active and user.pk != doer}
    if not people:
        return 0
    chosen = dict(
        NoticePreference.objects.filter(user__in=people, kind=kind).values_list(
            "user_id", "delivery"
        )
    )
    rows = [
        Notice(
            user=user,
            kind=kind,
            params=params,
            path=path,
            event=event,
            at=now,
            delivery=chosen.get(key, DEFAULTS[kind]),
        )
        for key, user in people.items()
    ]
    told = Notice.objects.bulk_create(row for row in rows if row.delivery != Delivery.OFF)
    if any(row.delivery == Delivery.AT_ONCE for row in told):
        ring("projects.mail_notices")
    return len(told)


@transaction.atomic
def mark_read(*, user: User, notices: Iterable[UUID] | None, now: datetime) -> int:
    """These of the person's notices, or all, are read; returns how many were not before."""
    rows = Notice.objects.visible_to(user).unread()
    if notices is not None:
        rows = rows.filter(pk__in=list(notices))
    return rows.update(read_at=now)


@transaction.atomic
def set_preferences(*, user: User, choices: Mapping[NoticeKind, Delivery]) -> None:
    """How the person is told of these kinds from now on."""
    rows = [
        NoticePreference(user=user, kind=kind, delivery=delivery)
        for kind, delivery in choices.items()
    ]
    NoticePreference.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "kind"], update_fields=["delivery"]
    )
