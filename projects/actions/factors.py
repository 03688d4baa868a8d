"""Second factors: sealed anew with the first key, or taken from somebody who lost it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from projects.models import User
from projects.models.events import record_event
from projects.models.sealed import Unreadable, first_key, key_of
from projects.second_factor import Adapter

SECRETS = ("secret", "seed")  # of an app, of recovery codes


def keys_in_use() -> Counter[str]:
    """How many secrets each key holds."""
    found: Counter[str] = Counter()
    for data in Authenticator.objects.values_list("data", flat=True):
        found.update(key_of(data[name]) for name in SECRETS if name in data)
    return found


def rotate_factors() -> tuple[int, list[tuple[Authenticator, str]]]:
    """Seal each secret of another key anew: how many, and what no key opens, with why."""
    done, unreadable = 0, []
    for key in Authenticator.objects.values_list("pk", flat=True):
        try:
            done += _rotate(key)
        except Unreadable as error:
            unreadable.append(
                (Authenticator.objects.select_related("user").get(pk=key), str(error))
            )
    return done, unreadable


@transaction.atomic
def _rotate(key: Any) -> int:
    adapter = Adapter()
    row = Authenticator.objects.select_for_update().filter(pk=key).first()
    names = [n for n in SECRETS if row and n in row.data and key_of(row.data[n]) != first_key()]
    for name in names:
        row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
    if names:
        row.save(update_fields=["data"])
    return len(names)


@transaction.atomic
def drop_factors(*, user: User, now: datetime) -> int:
    """For somebody who lost app and codes, after a look at who asks; how many were dropped."""
    count: int = Authenticator.objects.filter(user=user).delete()[0]
    if count:
        changes = {"second_factor": [count, None]}
        record_event(by=None, kind="drop_second_factor", about=user, now=now, changes=changes)
    return count
