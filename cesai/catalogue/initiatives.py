"""Initiatives of the catalogue: programmes that projects may belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cesai.catalogue.counts import Counts
from cesai.catalogue.reading import text
from projects.errors import Invalid
from projects.models import Initiative


def load_initiatives(records: list[dict[str, Any]], counts: Counts, *, now: datetime) -> None:
    """Enter those that are missing; what coordinators made of the others stays."""
    for record in records:
        with counts.one_record(repr(record.get("slug"))):
            _load(record, counts, now)


def _load(record: dict[str, Any], counts: Counts, now: datetime) -> None:
    slug, name = text(record, "slug"), text(record, "name")
    if not slug or not name:
        raise Invalid("a short name and a name are needed")
    if Initiative.objects.filter(slug=slug).exists():
        counts.add(is_new=False, is_changed=False)
        return
    if Initiative.objects.filter(name=name).exists():
        raise Invalid("an initiative of that name has another short name")
    above = text(record, "stage_of")
    parent = Initiative.objects.filter(slug=above, parent=None).first() if above else None
    if above and parent is None:
        raise Invalid(f"it is a stage of “{above}”, which is no initiative")
    Initiative.objects.create(
        slug=slug[:40], name=name[:120], parent=parent, text=text(record, "text"), created_at=now
    )
    counts.add(is_new=True, is_changed=False)
