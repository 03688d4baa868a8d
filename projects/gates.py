"""What a person has to do before anything else is served, in pages or to a token."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _


class Gate(NamedTuple):
    """One thing that waits: the route where it is done, and what people and tokens are told."""

    route: str
    said: Any
    said_to_token: Any


TERMS = Gate(
    "terms",
    _("The terms of use have changed. Please read and accept them."),
    _("The terms of use have changed. Accept them at %(url)s; until then no token is taken."),
)
SECOND_FACTOR = Gate(
    "mfa_activate_totp",
    _("Your role needs a second factor. Please set one up."),
    _("Your role needs a second factor. Set one up at %(url)s; until then no token is taken."),
)


def gate_before(user: Any) -> Gate | None:
    """What the person has to do first; None if nothing waits."""
    if not user.standing.has_accepted:
        return TERMS
    return SECOND_FACTOR if settings.SECOND_FACTOR and user.standing.lacks_second_factor else None
