"""Whether two model efforts do the same work: an explained probability. Pure."""

from __future__ import annotations

from registry.overlap.effort import Effort
from registry.overlap.scorer import Assessment, Kind, Part, assess
from registry.overlap.weights import WEIGHTS, Weights

__all__ = ["WEIGHTS", "Assessment", "Effort", "Kind", "Part", "Weights", "assess"]
