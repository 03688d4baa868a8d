"""Tags of models and versions: words that other tools keep with them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.expressions import Func
from django.db.models.fields.json import JSONField

from projects.models import User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.models import Model, Version

Tagged = Model | Version


@transaction.atomic
def set_tag(*, by: User, about: Tagged, key: str, value: str, now: datetime) -> None:
    """Set a tag, whatever it was; tags that others set at the same time stay."""
    before = about.tags.get(key)
    _write(about, _Joined(F("tags"), Value({key: value}, JSONField())))
    _tell(by, about, key, (before, value), now)


@transaction.atomic
def remove_tag(*, by: User, about: Tagged, key: str, now: datetime) -> None:
    """Remove a tag; one that is not there is gone already."""
    before = about.tags.get(key)
    _write(about, _Without(F("tags"), Value(key)))
    if before is not None:
        _tell(by, about, key, (before, None), now)


class _Joined(Func):
    """jsonb || jsonb"""

    template, arg_joiner, output_field = "(%(expressions)s)", " || ", JSONField()


class _Without(Func):
    """jsonb - key"""

    template, arg_joiner, output_field = "(%(expressions)s)", " - ", JSONField()


def _write(about: Tagged, changed: Func) -> None:
    """In the database, so that of two writers neither loses the other's tag."""
    rows = type(about)._default_manager.filter(pk=about.pk)
    rows.update(tags=changed)
    about.refresh_from_db(fields=["tags"])


def _tell(
    by: User, about: Tagged, key: str, change: tuple[str | None, str | None], now: datetime
) -> None:
    record_event(
        by=by,
        kind="set_tag",
        about=about,
        project=told_in(about if isinstance(about, Model) else about.model),
        now=now,
        changes={key: [_short(value) for value in change]},
    )


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= 200 else f"{value[:200]}…"
