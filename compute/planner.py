"""What a training would take: parameters × tokens as GPU-hours, days and energy, as a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SECONDS_PER_HOUR = 3600
# GPU-hours that four dense models trained on H100 report imply 89 to 252 TFLOP/s a GPU
# (6·N·D over their hours; the shipped catalogue names the models and where their hours stand).
REPORTED_LOW, REPORTED_HIGH = 88e12, 253e12
# Dense BF16 of one H100 SXM, by its maker's data sheet.
PEAK_H100 = 989e12
ENOUGH_RUNS = 3
FAR_OFF = 2  # times: beyond it an ask and its estimate want a word


@dataclass(frozen=True, slots=True)
class Rate:
    """FLOP/s that trainings reach on one H100 or its equivalent, from low to high."""

    low: float
    high: float
    runs: int = 0  # measured ones that it is made of; 0: reported by others

    @property
    def utilisation(self) -> tuple[float, float]:
        """As shares of an H100's peak."""
        return self.low / PEAK_H100, self.high / PEAK_H100


REPORTED = Rate(REPORTED_LOW, REPORTED_HIGH)


@dataclass(frozen=True, slots=True)
class Estimate:
    """GPU-hours of one pool, from the fastest run to the slowest; days and kWh beside them."""

    hours_low: float
    hours_high: float
    days_low: float
    days_high: float
    kwh_low: float | None = None
    kwh_high: float | None = None


def training_flop(*, parameters: int, tokens: int) -> float:
    """6·N·D for a dense transformer; of a mixture N is what is active for a token.

    Kaplan et al. 2020, arXiv:2001.08361, section 2.1.
    """
    return 6.0 * parameters * tokens


def calibrated(achieved: Sequence[float]) -> Rate:
    """The middle four fifths of measured FLOP/s per H100 equivalent; too few: as reported."""
    if len(achieved) < ENOUGH_RUNS:
        return REPORTED
    ordered = sorted(achieved)
    cut = len(ordered) // 10
    kept = ordered[cut : len(ordered) - cut]
    return Rate(kept[0], kept[-1], len(ordered))


def estimate(
    flop: float, rate: Rate, *, weight: float, gpus: int, watts: int | None = None
) -> Estimate:
    """For GPUs that are `weight` H100s each, `gpus` of them at once, `watts` nominal each."""
    low = flop / (rate.high * weight) / SECONDS_PER_HOUR
    high = flop / (rate.low * weight) / SECONDS_PER_HOUR
    return Estimate(
        hours_low=low,
        hours_high=high,
        days_low=low / gpus / 24,
        days_high=high / gpus / 24,
        kwh_low=low * watts / 1000 if watts else None,
        kwh_high=high * watts / 1000 if watts else None,
    )


def far_off(asked_hours: float, found: Estimate) -> str:
    """`less` or `more` if an ask is beyond twice the estimate's range, else ""."""
    if asked_hours * FAR_OFF < found.hours_low:
        return "less"
    return "more" if asked_hours > found.hours_high * FAR_OFF else ""
