"""What doing a thing twice would cost: avoidable GPU-seconds, as a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# Sustained TFLOP/s of one Hopper GPU that the reported GPU-hours of public models imply.
SLOWEST, FASTEST = 63e12, 294e12
FLOP_PER_PARAMETER_AND_TOKEN = 6  # dense transformers, forward and backward (arXiv:2001.08361)


@dataclass(frozen=True, slots=True)
class Stake:
    """GPU-seconds from `low` to `high`; both 0 where nothing is known or nothing is left."""

    low: int = 0
    high: int = 0

    @property
    def middle(self) -> float:
        """The middle of the range, in GPU-seconds."""
        return (self.low + self.high) / 2


def avoidable(
    *,
    state: str,
    asked_gpu_seconds: int | None,
    parameters: int | None,
    tokens: int | None,
    begin: date | None,
    end: date | None,
    today: date,
) -> Stake:
    """What one effort could still save: all of it while planned, what is left of it in training.

    What was asked for counts where it is known; else 6 × parameters × tokens at the speeds that
    Hopper GPUs are reported to sustain. A released model has nothing left to save.
    """
    share = _left(state, begin, end, today)
    if asked_gpu_seconds:
        return Stake(int(asked_gpu_seconds * share), int(asked_gpu_seconds * share))
    if not parameters or not tokens:
        return Stake()
    flop = FLOP_PER_PARAMETER_AND_TOKEN * parameters * tokens * share
    return Stake(int(flop / FASTEST), int(flop / SLOWEST))


def of_pair(a: Stake, b: Stake) -> Stake:
    """At best the dearer of the two is spared, at least the cheaper of those that go on."""
    lows = [stake.low for stake in (a, b) if stake.high]
    return Stake(min(lows, default=0), max(a.high, b.high))


def _left(state: str, begin: date | None, end: date | None, today: date) -> float:
    if state == "planned":
        return 1.0
    if state != "training":
        return 0.0
    if begin is None or end is None or end <= begin:
        return 0.5  # nobody says how far it is
    return min(max((end - today) / (end - begin), 0.0), 1.0)
