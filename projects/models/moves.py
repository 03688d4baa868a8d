"""Moving from state to state: compare-and-set, with one row of history each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models

if TYPE_CHECKING:
    from projects.models import User


class Move(models.Model):
    """One change of state of one row: when, from, to, why and by whom (None: by the cluster)."""

    at = models.DateTimeField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        abstract = True
        ordering = ["pk"]


class Stateful(models.Model):
    """A row with a state, a table of allowed moves and a history."""

    MOVES: Mapping[Any, frozenset[Any]]
    KEEPS_REASON = False  # whether the row itself shows the reason of its last move
    moves: Any  # the history's manager, one table for each kind of row
    state: Any
    reason: Any

    class Meta:
        abstract = True

    def move_to(
        self,
        state: str,
        *,
        now: datetime,
        by: User | None = None,
        reason: str = "",
        only_if: Any = None,
        **values: Any,
    ) -> bool:
        """Go from the state this row was read in to another, setting `values` with it.

        False if somebody moved it first, or the values of `only_if` do not hold: nothing was
        changed. Raises ValueError for a move that the table does not know, which is a fault of
        the caller.
        """
        before = self.state
        if state not in self.MOVES.get(before, ()):
            raise ValueError(f"{self._meta.model_name}: {before} → {state} is not allowed")
        if self.KEEPS_REASON:
            values["reason"] = reason
        manager: Any = type(self)._default_manager
        rows = manager.filter(pk=self.pk, state=before, **(only_if or {}))
        if not rows.update(state=state, **values):
            return False
        self.state = state
        for name, value in values.items():
            setattr(self, name, value)
        self.moves.create(at=now, from_state=before, to_state=state, reason=reason, by=by)
        return True

    @classmethod
    def move_all(
        cls, rows: Sequence[Self], state: str, *, now: datetime, **once: Sequence[Any]
    ) -> list[Self]:
        """The same for many rows in one statement; those that were moved.

        `once` names one column that is still empty and takes one value a row: where another has
        filled it, the row stays as it is. Raises ValueError for a move that is not allowed.
        """
        wanted = [row for row in rows if state in cls.MOVES.get(row.state, ())]
        if len(wanted) < len(rows):
            raise ValueError(f"{cls._meta.model_name}: to {state} is not allowed for all of them")
        if not rows:
            return []
        [(name, values)] = once.items() or [("", ())]
        column = f", {name} = given.value" if name else ""
        empty = f"AND {name} IS NULL" if name else ""
        reason = ", reason = ''" if cls.KEEPS_REASON else ""
        history, owner = cls.moves.rel.related_model._meta.db_table, cls.moves.rel.field.column
        # In one statement: rows of history made one by one would cost as much as all the rest.
        statement = f"""
            WITH moved AS (
                UPDATE {cls._meta.db_table} kept SET state = %s{reason}{column}
                FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) given(key, before, value)
                WHERE kept.id = given.key AND kept.state = given.before {empty}
                RETURNING kept.id, given.before
            )
            INSERT INTO {history} ({owner}, at, from_state, to_state, reason)
            SELECT id, %s, before, %s, '' FROM moved RETURNING {owner}
        """  # noqa: S608 (names of our own tables and columns)
        keys, before = [row.pk for row in rows], [str(row.state) for row in rows]
        numbers = list(values) or [None] * len(keys)
        with connection.cursor() as cursor:
            cursor.execute(statement, [state, keys, before, numbers, now, state])
            moved = {key for (key,) in cursor.fetchall()}
        found = [row for row in rows if row.pk in moved]
        given = dict(zip(keys, values, strict=True)) if name else {}
        for row in found:
            row.state = state
            if name:
                setattr(row, name, given[row.pk])
            if cls.KEEPS_REASON:
                row.reason = ""
        return found
