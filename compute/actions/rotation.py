"""Sealing the clusters' credentials anew, with the key that is first now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from compute.models import Cluster, Credential
from projects.models.events import record_event
from projects.models.sealed import Unreadable, first_key, key_of

BATCH = 50


class Rotated(NamedTuple):
    """How many were sealed anew, and those that no key opens, with why."""

    done: int
    unreadable: list[tuple[Credential, str]]


def keys_in_use() -> Counter[str]:
    """How many credentials each key holds: one that holds none may leave the settings."""
    rows = Credential.objects.values_list("sealed_token", flat=True)
    return Counter(key_of(sealed) for sealed in rows.iterator())


def rotate_credentials(*, now: datetime) -> Rotated:
    """Open each credential of another key and seal it with the first, while all goes on.

    A row is locked for as long as its own two steps take; whoever reads it before or after finds
    a token that one of the settings' keys opens. What no key opens stays as it is.
    """
    count, unreadable = 0, []
    for keys in _batches():
        done, failed = _rotate(keys, now)
        count += done
        unreadable += failed
    return Rotated(count, unreadable)


def _batches() -> Iterator[list[UUID]]:
    rows = Credential.objects.exclude(sealed_token__startswith=f"{first_key()}:")
    keys: list[UUID] = list(rows.order_by("cluster", "unix_user").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


@transaction.atomic
def _rotate(keys: list[UUID], now: datetime) -> tuple[int, list[tuple[Credential, str]]]:
    failed = []
    moved: Counter[tuple[Cluster, str]] = Counter()
    rows = Credential.objects.filter(pk__in=keys).order_by("pk").select_related("cluster")
    for row in rows.select_for_update(of=("self",)):
        old = key_of(row.sealed_token)
        if old == first_key():  # the site delivered a new token meanwhile
            continue
        try:
            row.seal(row.token())
        except Unreadable as error:
            failed.append((row, str(error)))
            continue
        row.save(update_fields=["sealed_token"])
        moved[row.cluster, old] += 1
    for (cluster, old), count in moved.items():
        changes = {"key": [old, first_key()], "credentials": [None, count]}
        record_event(by=None, kind="rotate_credentials", about=cluster, now=now, changes=changes)
    return sum(moved.values()), failed
