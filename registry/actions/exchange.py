"""Keeping under which key of a group's own an entry is pushed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict
from projects.models import Group
from registry.actions.constraints import broken_constraint
from registry.models import ExchangeKey


@transaction.atomic
def keep_key(
    *, group: Group, kind: str, key: str, object_id: UUID, digest: str, now: datetime
) -> None:
    """Let a key stand for an entry. Raises Conflict if the entry has another key already.

    It is no decision of its own, so the log tells of the entry alone.
    """
    row = ExchangeKey(
        group=group, kind=kind, key=key, object_id=object_id, digest=digest, pushed_at=now
    )
    try:
        ExchangeKey.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["group", "kind", "key"],
            update_fields=["object_id", "digest", "pushed_at"],
        )
    except IntegrityError as error:
        if broken_constraint(error) != "exchanged_by_one_key":
            raise
        sentence = _("This entry is here already under another key. Send it under one key.")
        raise Conflict(sentence, fields={"key": [sentence]}) from error
