"""A person's own access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from projects.models import AccessToken, User
from projects.models.events import record_event

PREFIX = "cesai_"


@transaction.atomic
def create_token(
    *, by: User, name: str, scope: str, days: int, now: datetime
) -> tuple[AccessToken, str]:
    """A new token; returns its row and, this once, its text."""
    token, text = AccessToken.objects.create(
        user=by, expiry=timedelta(days=days), prefix=PREFIX, name=name, scope=scope
    )
    # The row's key is the token's hash, which does not belong in a log: the event names its owner.
    record_event(
        by=by,
        kind="create_token",
        about=by,
        now=now,
        changes={"token": [None, str(token.id)], "scope": [None, scope]},
    )
    return token, text


@transaction.atomic
def revoke_token(*, by: User, token: AccessToken, now: datetime) -> None:
    """End a token; the next call with it is refused."""
    record_event(
        by=by,
        kind="revoke_token",
        about=by,
        now=now,
        changes={"token": [str(token.id), None], "scope": [token.scope, None]},
    )
    token.delete()
