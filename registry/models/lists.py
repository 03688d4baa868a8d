"""The newest models that a person may see, by a statement that is written and planned once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projects.models.reading import read_rows
from projects.scoping import sees_everything
from registry.models.models import Model
from registry.models.visibility import rights_of

if TYPE_CHECKING:
    from projects.scoping import Person

_statements: dict[tuple[tuple[str, ...], int, bool], str] = {}
MOST_KEPT = 512


def newest_models(person: Person, columns: tuple[str, ...], most: int) -> list[dict[str, Any]]:
    """What `visible_to(person).values(*columns)` gives, newest first, so many at the most.

    The first page of everything is what people and programs open most. Django takes longer to
    write its statement than PostgreSQL to answer it, and writes the same one each time.
    """
    everything = sees_everything(person)
    key = (columns, most, everything)
    if key not in _statements:
        if len(_statements) >= MOST_KEPT:
            _statements.clear()
        rows = Model.objects.visible_to(person).order_by("-created_at", "-id").values(*columns)
        _statements[key] = rows[:most].query.sql_with_params()[0]
    found = read_rows(_statements[key], [] if everything else rights_of(person))
    return [dict(zip(columns, row, strict=True)) for row in found]
