"""What a chart of GPU-hours holds: a table, from which the page also draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Month:
    """What one month offers, has granted and would give besides, in GPU-seconds."""

    month: date
    offered: int
    granted: int
    asked: int = 0
    kept: int = 0  # reserved for partners, not granted
    used: int = 0  # of what is granted

    @property
    def free(self) -> int:
        """What is left before what is asked for; negative if over-committed by decision."""
        return self.offered - self.granted - self.kept

    @property
    def unspent(self) -> int:
        """Granted and not used: what stands on the used part of its column."""
        return self.granted - max(min(self.used, self.granted), 0)

    @property
    def free_after(self) -> int:
        """What would be left after; negative if more is asked than is free."""
        return self.free - self.asked


@dataclass(frozen=True, slots=True)
class Drawing:
    """Months on end, and whether anything is kept for partners in any of them."""

    months: Sequence[Month]

    @property
    def has_kept(self) -> bool:
        return any(month.kept for month in self.months)


@dataclass(frozen=True, slots=True)
class Series:
    """One column of the table: bars stand on each other, lines and steps lie over them.

    `look` names the colour; without one it gets the next of the row of hues.
    """

    name: str
    kind: Literal["bar", "line", "area", "plan", "offered"] = "bar"
    look: str = ""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One place on the axis with a value for each series, in GPU-seconds; None: not known."""

    label: str
    values: Sequence[int | None]
    short: str = ""  # what stands on the axis if the label is long
    is_ahead: bool = False  # a forecast


@dataclass(frozen=True, slots=True)
class Chart:
    """A table with a caption that can be drawn; `first` heads its first column."""

    caption: str
    first: str
    series: Sequence[Series]
    rows: Sequence[ChartRow]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value for row in self.rows for value in row.values)
