"""The fixed words in which a model effort is described."""

from __future__ import annotations

import re
from enum import StrEnum


class ModelState(StrEnum):
    PLANNED = "planned"
    TRAINING = "training"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    ABANDONED = "abandoned"


class Modality(StrEnum):
    TEXT = "text"
    CODE = "code"
    IMAGE = "image"
    VIDEO = "video"
    SPEECH = "speech"
    AUDIO = "audio"
    TABULAR = "tabular"
    TIME_SERIES = "time_series"
    MOLECULE = "molecule"
    EARTH = "earth_observation"
    EMBEDDING = "embedding"


class TrainingMode(StrEnum):
    FROM_SCRATCH = "from_scratch"
    CONTINUED = "continued"
    FINETUNE = "finetune"
    ADAPTER = "adapter"
    DISTILLED = "distilled"
    MERGED = "merged"
    QUANTIZED = "quantized"
    UNKNOWN = "unknown"


class ParentKind(StrEnum):
    CONTINUED_PRETRAINING = "continued_pretraining"
    FINETUNE = "finetune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    MERGE = "merge"
    DISTILLED = "distilled"
    UNKNOWN = "unknown"


# Anchored at both ends, because validators search.
# A model's name; the two signs left out would break the addresses that MLflow makes of it.
NAME = re.compile(r"\A[^/:\x00-\x1f]{1,120}\Z")
# ISO 639-1 or 639-3, or `mul` for "many".
LANGUAGE = re.compile(r"\A[a-z]{2,3}\Z")
# One word of a task or domain: small letters, digits, hyphens.
TERM = re.compile(r"\A[a-z0-9][a-z0-9_-]{0,39}\Z")
