"""The weights and the calibration of the comparison: one versioned data file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from registry.overlap.features import FEATURES

DATA = "weights.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds points of each level of each feature, and where the grades begin.

    `points[feature][level]` are natural log-odds. The odds of grade 2 or more (a substantial
    overlap) are exp(sum of points - cuts[2]), of grade 3 (the same goal and scale in parallel)
    exp(sum - cuts[3]): a proportional-odds model (McCullagh 1980, doi:10.1111/j.2517-6161.1980).
    """

    version: str
    points: Mapping[str, Mapping[str, float]]
    cuts: Mapping[int, float]

    def total(self, levels: Mapping[str, str]) -> float:
        """The sum of the points of the levels."""
        points = self.points
        return sum(points[name][level] for name, level in levels.items())

    def probability(self, total: float, grade: int = 2) -> float:
        """The probability, 0 to 1, that judges would give the pair this grade or more."""
        return 1 / (1 + math.exp(self.cuts[grade] - total))

    def total_at(self, probability: float, grade: int = 2) -> float:
        """The sum of points at which the probability is reached."""
        return self.cuts[grade] + math.log(probability / (1 - probability))


def weights_of(data: Mapping[str, Any]) -> Weights:
    """The weights as their file holds them. Raises ValueError for a level that misses or sinks."""
    scaled = {
        name: {level: row["scale"] * value for level, value in row["levels"].items()}
        for name, row in data["features"].items()
    }
    for feature in FEATURES:
        found = scaled.get(feature.name, {})
        missing = {*feature.levels, *feature.besides} - set(found)
        if missing:
            raise ValueError(f"{feature.name}: no points for {', '.join(sorted(missing))}")
        values = [found[level] for level in feature.levels]
        if values != sorted(values):
            raise ValueError(f"{feature.name}: the points must rise over {feature.levels}")
    cuts = {int(grade): float(value) for grade, value in data["cuts"].items()}
    return Weights(str(data["version"]), scaled, cuts)


def read_data() -> dict[str, Any]:
    """What the file holds: version, provenance, cuts, and the features' levels and scales."""
    data: dict[str, Any] = json.loads(files("registry.overlap").joinpath(DATA).read_text("utf-8"))
    return data


WEIGHTS = weights_of(read_data())
