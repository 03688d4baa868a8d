"""Where the columns of a drawing of GPU-hours per month stand; the page only paints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

WIDTH, HEIGHT = 720.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 10.0, 12.0, 30.0
ROUND_TENTHS = (10, 12, 16, 20, 24, 32, 40, 60, 80, 100)
HALF_LABEL = 16.0
LEAST_HEIGHT = 2.0  # what is there must be seen


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
    def parts(self) -> Sequence[tuple[str, int]]:
        """What stands on what in its column, from below."""
        spent = max(min(self.used, self.granted), 0)
        rest = self.granted - spent
        return (("spent", spent), ("used", rest), ("kept", self.kept), ("new", self.asked))

    @property
    def free_after(self) -> int:
        """What would be left after; negative if more is asked than is free."""
        return self.free - self.asked


@dataclass(frozen=True, slots=True)
class Bar:
    """One coloured part of a column."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """One month's column with the line of what is offered."""

    month: date
    x: str
    middle: str
    width: str
    left: str
    right: str
    offered_y: str
    bars: Sequence[Bar] = field(default_factory=list)
    is_labelled: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the drawing and its value in GPU-seconds."""

    y: str
    value: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, and the months it was made of for the table beside it."""

    months: Sequence[Month]
    columns: Sequence[Column]
    ticks: Sequence[Tick]
    width: int = int(WIDTH)
    height: int = int(HEIGHT)
    left: int = int(LEFT)
    end: int = int(WIDTH - RIGHT)
    base: int = int(HEIGHT - BOTTOM + 18)

    @property
    def has_kept(self) -> bool:
        """Whether anything is kept for partners in any month."""
        return any(month.kept for month in self.months)


def draw(months: Sequence[Month]) -> Drawing:
    """Columns of granted and asked GPU-seconds per month, under the line of what is offered."""
    highest = max((max(m.offered, m.granted + m.kept + m.asked) for m in months), default=0)
    top = _round_up(highest)
    step = (WIDTH - LEFT - RIGHT) / max(len(months), 1)
    every = -(-len(months) // 12)
    columns = [
        _column(month, LEFT + i * step, step, top, is_labelled=i % every == 0)
        for i, month in enumerate(months)
    ]
    ticks = [Tick(_n(_y(top * part // 4, top)), top * part // 4) for part in (0, 2, 4)]
    return Drawing(months, columns, ticks)


def _column(month: Month, left: float, step: float, top: int, *, is_labelled: bool) -> Column:
    width = min(step * 0.62, 56.0)
    bars, base = [], 0
    for kind, amount in month.parts:
        if amount > 0:
            bottom = _y(base, top)
            height = max(bottom - _y(base + amount, top), LEAST_HEIGHT)
            bars.append(Bar(kind, _n(bottom - height), _n(height)))
            base += amount
    return Column(
        month=month.month,
        x=_n(left + (step - width) / 2),
        middle=_n(left + step / 2),
        width=_n(width),
        left=_n(left),
        right=_n(left + step),
        offered_y=_n(_y(month.offered, top)),
        bars=bars,
        is_labelled=is_labelled and left + step / 2 < WIDTH - RIGHT - HALF_LABEL,
    )


def _y(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top


def _n(value: float) -> str:
    return f"{value:.1f}"


def _round_up(seconds: int) -> int:
    """The next round number of GPU-hours, in GPU-seconds."""
    hours = max(-(-seconds // 3600), 4)
    unit = int("1" + "0" * (len(str(hours)) - 1))
    tenths = next(step for step in ROUND_TENTHS if hours * 10 <= step * unit)
    return tenths * unit * 360
