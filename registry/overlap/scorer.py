"""Scores a pair of efforts: points that add up, gates, a class, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from registry.overlap.effort import Effort
from registry.overlap.features import FEATURES, NEUTRAL, UNKNOWN, levels_of
from registry.overlap.weights import WEIGHTS, Weights

LINE = 0.5  # from here on a pair is worth a coordinator's look
CLOSE = 0.5  # and from here on grade 3 is the likelier one
RELATED = 0.15
CEILING = 0.05  # no probability above it for what a gate excludes
NEEDED = ("tasks", "languages", "size")
SLOW = frozenset({"text"})
# What would make another effort of it: true of every pair, and of no help to anybody.
TRIVIAL = frozenset({"modality_in", "modality_out"})


class Kind(StrEnum):
    """What a pair is; on screens never called a duplicate."""

    DUPLICATE = "duplicate"  # same goal and scale in parallel
    OVERLAP = "overlap"  # substantial
    REUSE_CANDIDATE = "reuse_candidate"  # the other is released: build on it
    RELATED = "related"
    LINEAGE = "lineage"
    UNRELATED = "unrelated"
    NOT_ENOUGH = "not_enough_information"


FLAGGED = (Kind.DUPLICATE, Kind.OVERLAP)


@dataclass(frozen=True, slots=True)
class Part:
    """One bar of the waterfall: a feature, its level, and its natural log-odds points."""

    feature: str
    level: str
    points: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the comparison says of a pair.

    `parts` hold every feature, the weightiest first. `counterfactual` is the feature and level
    that would bring the pair below the line (or, if it is below, above it); None if no single
    one would. `version` names the weights.
    """

    probability: float
    kind: Kind
    parts: tuple[Part, ...]
    counterfactual: Part | None
    total: float
    version: str

    @property
    def is_flagged(self) -> bool:
        """Whether it is at or above the line."""
        return self.probability >= LINE


def assess(
    a: Effort,
    b: Effort,
    weights: Weights = WEIGHTS,
    *,
    without: frozenset[str] = frozenset(),
    is_finished: bool = False,
) -> Assessment:
    """Compare two efforts; the order of the two does not matter.

    `is_finished` says that one of them is released, so that it may be reused. `without` leaves
    features out, for ablations.
    """
    levels = levels_of(a, b, without=without)
    total = weights.total(levels)
    gate = _gate(levels)
    probability = weights.probability(total)
    if gate is not None:
        probability = min(probability, CEILING)
    kind = gate or _kind(probability, weights.probability(total, 3), is_finished=is_finished)
    return Assessment(
        probability=probability,
        kind=kind,
        parts=_waterfall(levels, weights),
        counterfactual=None if gate else _counterfactual(levels, total, weights),
        total=total,
        version=weights.version,
    )


def rough_total(a: Effort, b: Effort, weights: Weights = WEIGHTS) -> float | None:
    """The sum of points without the text, to choose whom to compare in full; None if a gate says
    that there is too little to compare."""
    levels = levels_of(a, b, without=SLOW)
    return None if _gate(levels) is Kind.NOT_ENOUGH else weights.total(levels)


def _gate(levels: Mapping[str, str]) -> Kind | None:
    """What no number of points can outweigh."""
    if levels.get("lineage") in {"descends", "successor"}:
        return Kind.LINEAGE
    if levels.get("modality_out") == "disjoint":
        return Kind.UNRELATED
    if sum(levels.get(name) == UNKNOWN for name in NEEDED) >= 2:
        return Kind.NOT_ENOUGH
    return None


def _kind(probability: float, close: float, *, is_finished: bool) -> Kind:
    if probability >= LINE:
        if is_finished:
            return Kind.REUSE_CANDIDATE
        return Kind.DUPLICATE if close >= CLOSE else Kind.OVERLAP
    return Kind.RELATED if probability >= RELATED else Kind.UNRELATED


def _waterfall(levels: Mapping[str, str], weights: Weights) -> tuple[Part, ...]:
    parts = [Part(name, level, weights.points[name][level]) for name, level in levels.items()]
    return tuple(sorted(parts, key=lambda part: (-abs(part.points), part.feature)))


def _counterfactual(levels: Mapping[str, str], total: float, weights: Weights) -> Part | None:
    """The smallest change of one feature that crosses the line."""
    line = weights.total_at(LINE)
    is_above = total >= line
    found: list[tuple[float, Part]] = []
    for feature in FEATURES:
        level = levels.get(feature.name, NEUTRAL)
        if level == NEUTRAL or not feature.is_agreement or feature.name in TRIVIAL:
            continue
        points = weights.points[feature.name]
        for other in feature.levels:
            change = points[other] - points[level]
            crossed = total + change < line if is_above else total + change >= line
            if crossed:
                found.append((abs(change), Part(feature.name, other, points[other])))
    return min(found, key=lambda row: (row[0], row[1].feature))[1] if found else None
