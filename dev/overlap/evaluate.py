"""Judges the comparison by cross-validation over models, beside baselines and ablations."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dev.overlap.fit import Judged, fit
from dev.overlap.measures import (
    average_precision,
    calibration_error,
    count_in_first,
    ndcg_at,
    precision_at,
)
from registry.overlap import Effort, assess
from registry.overlap.text import likeness
from registry.overlap.weights import read_data, weights_of

SEEDS = 10
FOLDS = 5
RESAMPLES = 300

Scores = list[float]


class Figures(NamedTuple):
    """One row of the table; each a mean over the seeds."""

    ap2: float
    ap3: float
    p20: float
    ndcg20: float
    ece: float
    lineage50: float


def cross_validated(
    pairs: Sequence[Judged],
    efforts: Mapping[str, Effort],
    seed: int,
    *,
    without: frozenset[str] = frozenset(),
    tested: Sequence[tuple[Effort, Effort]] | None = None,
) -> Scores:
    """A probability for each pair, by weights that saw neither of its held-out models.

    Models are dealt into folds; a test pair has at least one held-out model, training pairs have
    none. A pair that two folds test gets the mean. `tested` are the pairs as the test shows
    them, where training sees them otherwise.
    """
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    random.Random(seed).shuffle(names)
    found: list[list[float]] = [[] for _ in pairs]
    data = read_data()
    for fold in range(FOLDS):
        held_out = set(names[fold::FOLDS])
        shown = [i for i, p in enumerate(pairs) if p.a in held_out or p.b in held_out]
        training = [p for i, p in enumerate(pairs) if i not in set(shown)]
        weights = weights_of(fit(training, efforts, data, without=without))
        for i in shown:
            a, b = tested[i] if tested else (efforts[pairs[i].a], efforts[pairs[i].b])
            found[i].append(assess(a, b, weights, without=without).probability)
    return [statistics.fmean(values) for values in found]


def figures(pairs: Sequence[Judged], scores: Sequence[float]) -> Figures:
    """All figures of one ranking."""
    grades = [pair.grade for pair in pairs]
    hits = [grade >= 2 for grade in grades]
    return Figures(
        average_precision(scores, hits),
        average_precision(scores, [grade == 3 for grade in grades]),
        precision_at(20, scores, hits),
        ndcg_at(20, scores, grades),
        calibration_error(scores, hits),
        count_in_first(50, scores, [pair.is_lineage for pair in pairs]),
    )


def mean(rows: Sequence[Figures]) -> Figures:
    """Field by field."""
    return Figures(*(statistics.fmean(column) for column in zip(*rows, strict=True)))


def intervals(pairs: Sequence[Judged], scores: Sequence[float]) -> list[tuple[float, float]]:
    """95 % bootstrap intervals of each figure: models are drawn, and their pairs with them.

    A pair counts as often as the product of how often its two models were drawn.
    """
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    dice = random.Random(0)
    rows = []
    for _ in range(RESAMPLES):
        drawn: dict[str, int] = {}
        for name in dice.choices(names, k=len(names)):
            drawn[name] = drawn.get(name, 0) + 1
        chosen = [
            i
            for i, pair in enumerate(pairs)
            for _ in range(drawn.get(pair.a, 0) * drawn.get(pair.b, 0))
        ]
        sample = [pairs[i] for i in chosen]
        if any(pair.grade == 3 for pair in sample):
            rows.append(figures(sample, [scores[i] for i in chosen]))
    ends = []
    for column in zip(*rows, strict=True):
        ordered = sorted(column)
        ends.append((ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered))]))
    return ends


def with_hidden_edges(efforts: Mapping[str, Effort], share: float, seed: int) -> dict[str, Effort]:
    """The efforts with a share of the parent edges gone, and what is above them."""
    dice = random.Random(seed)
    keys = sorted(name for name, effort in efforts.items() if effort.ancestors)
    hidden = {key for key in keys if dice.random() < share}
    return {
        name: replace(effort, ancestors=_left(name, efforts, hidden))
        for name, effort in efforts.items()
    }


def _left(name: str, efforts: Mapping[str, Effort], hidden: set[str]) -> frozenset[str]:
    """What of the ancestors is still known if some efforts do not name their parents."""
    if name in hidden:
        return frozenset()
    gone: set[str] = set()
    for ancestor in efforts[name].ancestors:
        if ancestor in hidden:
            gone |= efforts[ancestor].ancestors
    return efforts[name].ancestors - gone


BASELINES: dict[str, Callable[[Effort, Effort], float]] = {}


def baseline(name: str) -> Callable[[Any], Any]:
    """Registers a plain scorer under the name of its row."""

    def keep(scorer: Callable[[Effort, Effort], float]) -> Callable[[Effort, Effort], float]:
        BASELINES[name] = scorer
        return scorer

    return keep


@baseline("text only")
def text_only(a: Effort, b: Effort) -> float:
    """The likeness of the descriptions alone."""
    return likeness(a.text, b.text)


@baseline("languages × modality")
def languages_by_modality(a: Effort, b: Effort) -> float:
    """Jaccard index of the languages times that of what is produced."""
    return _jaccard(a.languages, b.languages) * _jaccard(a.modality_out, b.modality_out)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 1.0
