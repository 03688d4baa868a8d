"""Keeping under which key of a group's own an entry is pushed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict
from projects.models import Group
from registry.models import ExchangeKey


@transaction.atomic
def keep_key(
    *, group: Group, kind: str, key: str, object_id: UUID, digest: str, now: datetime
) -> None:
    """Let a key stand for an entry. Raises Conflict if the entry has another key already.

    It is no decision of its own, so the log tells of the entry alone.
    """
    others: Any = ExchangeKey.objects.filter(kind=kind, object_id=object_id)
    if others.exclude(group=group, key=key).exists():
        sentence = _("This entry is here already under another key. Send it under one key.")
        raise Conflict(sentence, fields={"key": [sentence]})
    ExchangeKey.objects.update_or_create(
        group=group,
        kind=kind,
        key=key,
        defaults={"object_id": object_id, "digest": digest, "pushed_at": now},
    )
