"""What people and programs get to see: tables, records, JSON, bars."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

WIDEST = 60  # of a cell
BAR = 24


def clean(text: object) -> str:
    """A text of somebody else in one line, without what could act on the terminal."""
    shown = " ".join(str(text).split())
    return "".join(char if char.isprintable() else "�" for char in shown)


def say(text: str) -> None:
    """Beside the result: on standard error."""
    click.echo(text, err=True)


def as_json(value: Any) -> None:
    """For programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, right: str = "") -> None:
    """Rows under titles; `right` names by title what stands at the right edge of its column."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        say("Nothing.")
        return
    widths = [max(len(title), *(len(row[n]) for row in cells)) for n, title in enumerate(titles)]
    ends = [title in right.split() for title in titles]
    for row in ([*titles], *cells):
        padded = (
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, ends, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def record(values: Mapping[str, Any]) -> None:
    """One thing, a field a line; what is empty is left out."""
    shown = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        text = _nested(value)
        lines = text.split("\n") if isinstance(value, str) else [text]
        click.echo(f"{name.ljust(width)}  {clean(lines[0])}")
        for line in lines[1:]:
            click.echo(f"{' ' * width}  {clean(line)}" if line.strip() else "")


def _nested(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_nested(inside)}" for name, inside in value.items())
    if isinstance(value, list):
        return ", ".join(map(_nested, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value is None else str(value)


def _cell(value: object) -> str:
    text = clean("" if value is None else value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def bar(used: float, reserved: float, whole: float) -> str:
    """How much of a whole is used, kept for jobs, and left."""
    full, kept, left = ("█", "▒", "·") if _draws() else ("#", "+", ".")
    first = round(BAR * min(1, used / whole)) if whole > 0 else 0
    second = round(BAR * min(1, (used + reserved) / whole)) - first if whole > 0 else 0
    return full * first + kept * second + left * (BAR - first - second)


def _draws() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16"}


def hours(text: object) -> str:
    """GPU-hours as people read them: no zeros behind the point that say nothing."""
    shown = str(text)
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def when(moment: str | None) -> str:
    """A moment to the minute, in UTC as the portal says it."""
    return f"{moment[:10]} {moment[11:16]}" if moment else ""


def duration(minutes: int) -> str:
    """As sbatch writes it: 1-02:30 or 2:30."""
    days, rest = divmod(minutes, 24 * 60)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return f"{days}-{clock}" if days else clock
