"""Fits the weights: one scale per feature and three cuts, shrunk towards the hand-set prior.

Proportional odds with a normal prior of mean 1 on each scale, which never falls below 0: so the
order of the levels, and with it "more agreement never lowers the probability", stays as it was
set by hand. `python -m dev.overlap fit` writes registry/overlap/weights.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from registry.overlap import Effort
from registry.overlap.features import levels_of
from registry.overlap.scorer import Kind
from registry.overlap.weights import Weights, weights_of

SPREAD = 0.15  # standard deviation of a scale around 1 that the prior allows
ROUNDS = 600
RATE = 0.5
NO_FEATURES: frozenset[str] = frozenset()


class Judged(NamedTuple):
    """A pair with the judge's grade, 0 to 3."""

    a: str
    b: str
    grade: int
    is_lineage: bool


def fit(
    pairs: Sequence[Judged],
    efforts: Mapping[str, Effort],
    data: Mapping[str, Any],
    *,
    without: frozenset[str] = NO_FEATURES,
    spread: float = SPREAD,
) -> dict[str, Any]:
    """The data file with fitted scales and cuts.

    Pairs that a gate decides are left out: no weight would change them.
    """
    points = {name: row["levels"] for name, row in data["features"].items()}
    names = [name for name in points if name not in without]
    rows, grades = [], []
    for pair in pairs:
        levels = levels_of(efforts[pair.a], efforts[pair.b], without=without)
        if levels.get("lineage") in {"descends", "successor"}:
            continue
        rows.append([points[name][levels[name]] for name in names])
        grades.append(pair.grade)
    scales, cuts = _ascend(rows, grades, [float(data["cuts"][str(g)]) for g in (1, 2, 3)], spread)
    features = {
        name: {**row, "scale": round(scales[names.index(name)], 3) if name in names else 1.0}
        for name, row in data["features"].items()
    }
    return {
        **data,
        "cuts": {str(grade): round(cut, 3) for grade, cut in zip((1, 2, 3), cuts, strict=True)},
        "features": features,
    }


def _ascend(
    rows: list[list[float]], grades: list[int], cuts: list[float], spread: float
) -> tuple[list[float], list[float]]:
    """The most likely scales and cuts, by gradient ascent with Adam's steps (arXiv:1412.6980)."""
    count = len(rows[0])
    values = [1.0] * count + list(cuts)
    mean, square = [0.0] * len(values), [0.0] * len(values)
    for step in range(1, ROUNDS + 1):
        slope = _slope(values, rows, grades, spread)
        rate = RATE / 10 * (1 - step / (ROUNDS + 1))
        for i, s in enumerate(slope):
            mean[i] = 0.9 * mean[i] + 0.1 * s
            square[i] = 0.99 * square[i] + 0.01 * s * s
            up = mean[i] / (1 - 0.9**step)
            values[i] += rate * up / (math.sqrt(square[i] / (1 - 0.99**step)) + 1e-9)
            if i < count:
                values[i] = max(values[i], 0.0)
    return values[:count], values[count:]


def _slope(
    values: list[float], rows: list[list[float]], grades: list[int], spread: float
) -> list[float]:
    """The gradient of the log posterior."""
    count = len(rows[0])
    scales, cuts = values[:count], values[count:]
    slope = [-(scale - 1) / spread**2 for scale in scales] + [0.0] * 3
    for row, grade in zip(rows, grades, strict=True):
        total = sum(scale * x for scale, x in zip(scales, row, strict=True))
        # P(grade = g) = F(total - cut_g) - F(total - cut_(g+1)); d log P by total and by the cuts
        above = _logistic(total - cuts[grade - 1]) if grade else 1.0
        below = _logistic(total - cuts[grade]) if grade < 3 else 0.0
        chance = max(above - below, 1e-9)
        at_above, at_below = above * (1 - above) / chance, below * (1 - below) / chance
        by_total = at_above - at_below
        for i, x in enumerate(row):
            slope[i] += by_total * x
        if grade:
            slope[count + grade - 1] -= at_above
        if grade < 3:
            slope[count + grade] += at_below
    return slope


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def fitted(
    pairs: Sequence[Judged], efforts: Mapping[str, Effort], data: Mapping[str, Any]
) -> Weights:
    """Weights fitted to the pairs."""
    return weights_of(fit(pairs, efforts, data))


__all__ = ["Judged", "Kind", "fit", "fitted"]
