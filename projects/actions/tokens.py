"""A person's own access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import AccessToken, Group, User
from projects.models.events import record_event

PREFIX = "cesai_"


@transaction.atomic
def create_token(
    *, by: User, name: str, scope: str, days: int, group: Group | None = None, now: datetime
) -> tuple[AccessToken, str]:
    """A new token; returns its row and, this once, its text.

    `group` is whose models MLflow's clients mean by bare names. Raises Invalid if the person
    does not belong to it.
    """
    if group is not None and group.pk not in by.standing.group_roles:
        sentence = _("A token's home group is one of your own groups.")
        raise Invalid(sentence, fields={"group": [sentence]})
    token, text = AccessToken.objects.create(
        user=by, expiry=timedelta(days=days), prefix=PREFIX, name=name, scope=scope, group=group
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
def revoke_token(*, by: User | None, token: AccessToken, now: datetime, reason: str = "") -> None:
    """End a token; the next call with it is refused."""
    record_event(
        by=by,
        kind="revoke_token",
        about=token.user,
        now=now,
        reason=reason,
        changes={"token": [str(token.id), None], "scope": [token.scope, None]},
    )
    token.delete()
