"""GPU-hours, bars and states as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import floor, log10
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from compute import quota
from compute.drawing import ChartRow, Month, Series
from compute.models import ClusterHealth, ExternalGrant
from compute.models.charging import Charge
from compute.models.words import reason_in_words
from compute.states import (
    FINAL,
    AllocationState,
    JobState,
    LimitState,
    RequestState,
)
from registry.vocabulary import CaseState, ModelState

register = template.Library()
LOOKS = {"free": "free", "granted": "used", "kept": "kept", "asked": "new"}
register.filter("in_words", reason_in_words)

TONES = {
    "busy": {
        JobState.RUNNING,
        LimitState.APPLYING,
        RequestState.IN_REVIEW,
        ModelState.TRAINING,
        CaseState.CONTACTED,
        CaseState.IN_TALKS,
    },
    "good": {
        JobState.COMPLETED,
        ModelState.RELEASED,
        CaseState.DECIDED,
        LimitState.IN_FORCE,
        AllocationState.ACTIVE,
        ExternalGrant.State.CONFIRMED,
        AllocationState.AWARDED,
    },
    "warn": {
        JobState.UNKNOWN,
        JobState.BLOCKED,
        LimitState.DRIFTED,
        LimitState.NEEDS_OPERATOR,
        LimitState.SET_NOT_PROVEN,
        RequestState.CHANGES_REQUESTED,
        RequestState.SUBMITTED,
        CaseState.OPEN,
        ExternalGrant.State.REGISTERED,
    },
    "bad": {
        RequestState.DENIED,
        ExternalGrant.State.DECLINED,
        *(FINAL - {JobState.COMPLETED, JobState.CANCELLED}),
    },
}


@register.filter
def gpu_hours(seconds: int | None) -> str:
    """GPU-seconds as GPU-hours without the unit: two decimals, four below one hour."""
    if seconds is None:
        return "–"
    hours = quota.gpu_hours(seconds)
    places = 4 if abs(hours) < 1 else 2
    return number_format(f"{round(hours, places).normalize():f}", force_grouping=True)


@register.filter
def plain_hours(seconds: int | None) -> str:
    """GPU-seconds as GPU-hours as scripts read them; empty if unknown."""
    return "" if seconds is None else f"{seconds / 3600:.4f}"


@register.filter
def beside(row: ChartRow, series: Sequence[Series]) -> list[tuple[int | None, Series]]:
    """Each value of a row with the column that it stands in."""
    return list(zip(row.values, series, strict=True))


@register.filter
def gpu_h(seconds: int | None) -> SafeString:
    """The same with its unit."""
    return format_html('{}<span class="unit">{}</span>', gpu_hours(seconds), _("GPU-h"))


@register.filter
def charged(charge: Charge | None) -> str:
    """An amount in a site's unit."""
    if charge is None:
        return "–"
    amount = f"{round(charge.amount, 2).normalize():f}"
    return f"{number_format(amount, force_grouping=True)} {charge.unit}"


@register.filter
def day_of(epoch: int) -> str:
    """The day (UTC) of a moment in epoch seconds."""
    return date_format(datetime.fromtimestamp(epoch, UTC), "SHORT_DATE_FORMAT")


@register.filter
def minutes_as_hours(minutes: int | None) -> str:
    """GPU-minutes, Slurm's unit, as GPU-hours."""
    return "–" if minutes is None else gpu_hours(minutes * 60)


@register.filter
def is_silent(health: ClusterHealth) -> bool:
    """Whether the cluster has not answered for so long that figures must say so."""
    return health.is_stale(timezone.now())


@register.filter
def tone(state: str) -> str:
    """The colour in which a state is shown; its words always stand beside it."""
    return next((name for name, states in TONES.items() if state in states), "")


@register.simple_tag
def meter(label: str, whole: int, **parts: int | Decimal) -> SafeString:
    """A bar of parts of a whole, drawn by the server; `label` says the same in words."""
    amounts = {name: float(max(part, 0)) for name, part in parts.items()}
    scale = max(whole, sum(amounts.values()), 1)
    left = 0.0
    pieces: list[tuple[Any, ...]] = []
    for name, amount in amounts.items():
        width = 100 * amount / scale
        pieces.append((f"{left:.3f}", f"{width:.3f}", name))
        left += width
    rects = format_html_join(
        "", '<rect x="{}" y="0" width="{}" height="10" class="fill-{}"/>', pieces
    )
    return format_html(
        '<svg class="meter" role="img" aria-label="{}" viewBox="0 0 100 10"'
        ' preserveAspectRatio="none">{}</svg>',
        label,
        rects,
    )


@register.simple_tag
def calendar(label: str, months: Iterable[Month]) -> SafeString:
    """A column for each month of a pool, as high as what it offers, filled with what takes it.

    What goes beyond what is offered stands above it; a line stands at each turn of the year.
    """
    rows = list(months)
    top = max((max(m.offered, m.granted + m.kept + m.asked) for m in rows), default=0) or 1
    paths: dict[str, list[str]] = {"axis": [], **{f"fill-{look}": [] for look in LOOKS.values()}}
    for place, month in enumerate(rows):
        if month.month.month == 1 and place:
            paths["axis"].append(f"M{10 * place - 1.5} 0h1v40h-1z")
        under = 0
        for name, look in LOOKS.items():
            amount = month.offered if name == "free" else getattr(month, name)
            if amount > 0:
                high, foot = 40 * amount / top, 40 * (1 - under / top)
                paths[f"fill-{look}"].append(f"M{10 * place} {foot:.1f}v-{high:.1f}h7v{high:.1f}z")
            under += 0 if name == "free" else amount
    drawn = format_html_join(
        "", '<path class="{}" d="{}"/>', ((name, "".join(d)) for name, d in paths.items() if d)
    )
    return format_html(
        '<svg class="calendar" role="img" aria-label="{}" viewBox="0 0 {} 40"'
        ' preserveAspectRatio="none">{}</svg>',
        label,
        10 * len(rows),
        drawn,
    )


@register.simple_tag
def band(label: str, whole: float, low: float, high: float) -> SafeString:
    """A range on a scale from nothing to `whole`, drawn by the server."""
    scale = max(whole, high, 1)
    left, width = 100 * low / scale, max(100 * (high - low) / scale, 0.5)
    return format_html(
        '<svg class="meter" role="img" aria-label="{}" viewBox="0 0 100 10"'
        ' preserveAspectRatio="none"><rect x="{}" y="0" width="{}" height="10"'
        ' class="fill-used"/></svg>',
        label,
        f"{left:.3f}",
        f"{width:.3f}",
    )


@register.filter
def rough(value: float) -> str:
    """An estimate to two significant places: more would pretend to be known."""
    if value <= 0:
        return "0"
    places = 1 - floor(log10(value))
    rounded = round(value, places)
    return number_format(rounded, decimal_pos=max(places, 0), force_grouping=True)


@register.filter
def rough_hours(seconds: float) -> str:
    """GPU-seconds as GPU-hours to two significant places; below zero too."""
    return f"−{rough(-seconds / 3600)}" if seconds < 0 else rough(seconds / 3600)


@register.filter
def in_mega(kilo: float) -> float:
    """Thousands as millions: kWh as MWh."""
    return kilo / 1000


@register.filter
def tera(value: float) -> str:
    """FLOP/s as TFLOP/s, whole."""
    return number_format(round(value / 1e12), force_grouping=True)


@register.filter
def scientific(value: float) -> str:
    """2.16e23 as 2.16 × 10²³."""
    digits, _e, power = f"{value:.2e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number_format(digits)} × 10{raised}"
