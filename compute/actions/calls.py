"""Keeping the calendar of calls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import Call
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def keep_call(
    *,
    by: User,
    call: Call | None = None,
    board: str,
    title: str,
    url: str = "",
    opens_on: date | None = None,
    closes_on: date | None = None,
    text: str = "",
    now: datetime,
) -> Call:
    """A new call, or another one's facts as they are today.

    Raises Invalid if it closes before it opens, Conflict if the board has one of that title.
    """
    if opens_on and closes_on and closes_on < opens_on:
        sentence = _("It closes after it opens.")
        raise Invalid(sentence, fields={"closes_on": [sentence]})
    same = Call.objects.filter(board=board, title=title).first()
    if same is not None and same != call:
        raise Conflict(_("%(board)s has a call of this title already.") % {"board": board})
    values: dict[str, Any] = {
        "board": board, "title": title, "url": url, "opens_on": opens_on, "closes_on": closes_on,
        "text": text, "as_of": now.astimezone(UTC).date(),
    }  # fmt: skip
    kept = call or Call()
    for name, value in values.items():
        setattr(kept, name, value)
    kept.save()
    record_event(by=by, kind="keep_call", about=kept, now=now)
    return kept


@transaction.atomic
def drop_call(*, by: User, call: Call, now: datetime) -> None:
    """It was entered by mistake; a call that is over stays."""
    record_event(by=by, kind="drop_call", about=call, now=now, reason=str(call))
    call.delete()
