"""Moving from state to state: compare-and-set, with one row of history each time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

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

    class Meta:
        abstract = True

    def move_to(
        self,
        state: str,
        *,
        now: datetime,
        by: User | None = None,
        reason: str = "",
        **values: Any,
    ) -> bool:
        """Go from the state this row was read in to another, setting `values` with it.

        False if somebody moved it first: nothing was changed. Raises ValueError for a move that
        the table does not know, which is a fault of the caller.
        """
        before = self.state
        if state not in self.MOVES.get(before, ()):
            raise ValueError(f"{self._meta.model_name}: {before} → {state} is not allowed")
        if self.KEEPS_REASON:
            values["reason"] = reason
        manager: Any = type(self)._default_manager
        rows = manager.filter(pk=self.pk, state=before)
        if not rows.update(state=state, **values):
            return False
        self.state = state
        for name, value in values.items():
            setattr(self, name, value)
        self.moves.create(at=now, from_state=before, to_state=state, reason=reason, by=by)
        return True
