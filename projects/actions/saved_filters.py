"""Keeping what a list was narrowed down to."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid, NotThere
from projects.models import SavedFilter, User

MOST = 20
MOST_SIGNS = 2_000  # of the address
LISTS = frozenset(
    {"requests", "allocations", "jobs", "templates", "models", "overlaps", "cases", "partners",
     "capacity", "audit"}
)  # fmt: skip
OF_THE_MOMENT = {"before", "format"}  # where one stands in a list, not what is listed


def kept_of(query: str) -> str:
    """The filters in an address without what is empty or of the moment, in one order."""
    pairs = sorted(pair for pair in parse_qsl(query) if pair[0] not in OF_THE_MOMENT)
    return urlencode(pairs)


@transaction.atomic
def save_filter(*, by: User, page: str, name: str, query: str, now: datetime) -> SavedFilter:
    """Keep a list's filters under a name; a name that there is gets the new ones.

    Raises NotThere for a list that has none, Invalid for no filter at all, for what is too long
    and for the 21st name.
    """
    if page not in LISTS:
        raise NotThere
    kept = kept_of(query)
    if not kept:
        raise Invalid(_("Nothing is filtered: choose something first, then keep it."))
    try:
        MaxLengthValidator(MOST_SIGNS)(kept)  # typed letters grow when they are written for one
    except ValidationError as wrong:
        raise Invalid(wrong.messages[0]) from wrong
    mine = SavedFilter.objects.filter(owner=by, page=page)
    if mine.exclude(name=name).count() >= MOST:
        raise Invalid(_("Twenty saved filters a list are the most. Delete one first."))
    row, _new = SavedFilter.objects.update_or_create(
        owner=by, page=page, name=name, defaults={"query": kept, "created_at": now}
    )
    return row


@transaction.atomic
def drop_filter(*, saved: SavedFilter) -> None:
    """Keep it no longer."""
    saved.delete()
