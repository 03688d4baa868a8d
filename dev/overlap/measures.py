"""How well a ranking of judged pairs is: precision, gain and calibration."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

BINS = 10


def average_precision(scores: Sequence[float], hits: Sequence[bool]) -> float:
    """The mean precision at each hit, from 0 to 1; nan without a hit."""
    found, total = 0, 0.0
    for place, index in enumerate(_ranked(scores), start=1):
        if hits[index]:
            found += 1
            total += found / place
    return total / found if found else math.nan


def precision_at(count: int, scores: Sequence[float], hits: Sequence[bool]) -> float:
    """The share of hits among the first."""
    first = _ranked(scores)[:count]
    return sum(hits[index] for index in first) / len(first)


def ndcg_at(count: int, scores: Sequence[float], grades: Sequence[int]) -> float:
    """Normalised discounted gain, gain 2^grade - 1 (Järvelin & Kekäläinen 2002)."""
    gains = [2**grade - 1 for grade in grades]
    ranked = [gains[index] for index in _ranked(scores)[:count]]
    best = sorted(gains, reverse=True)[:count]
    return _discounted(ranked) / _discounted(best)


def calibration_error(probabilities: Sequence[float], hits: Sequence[bool]) -> float:
    """The expected calibration error over ten bins of equal width."""
    bins: dict[int, list[int]] = {}
    for index, probability in enumerate(probabilities):
        bins.setdefault(min(int(probability * BINS), BINS - 1), []).append(index)
    return sum(
        abs(
            sum(probabilities[i] for i in rows) / len(rows)
            - sum(hits[i] for i in rows) / len(rows)
        )
        * len(rows)
        for rows in bins.values()
    ) / len(probabilities)


def count_in_first(count: int, scores: Sequence[float], flags: Sequence[bool]) -> int:
    """How many flagged pairs stand among the first."""
    return sum(flags[index] for index in _ranked(scores)[:count])


def _ranked(scores: Sequence[float]) -> list[int]:
    """Best first; ties by lot, not by their place in a file that lists the best pairs first."""
    order = list(range(len(scores)))
    random.Random(len(scores)).shuffle(order)
    return sorted(order, key=lambda index: -scores[index])


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
