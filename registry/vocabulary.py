"""The fixed words in which a model effort is described."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class ModelState(StrEnum):
    PLANNED = "planned"
    TRAINING = "training"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    ABANDONED = "abandoned"


MODEL_MOVES: Mapping[ModelState, frozenset[ModelState]] = {
    ModelState.PLANNED: frozenset(
        {ModelState.TRAINING, ModelState.ABANDONED, ModelState.WITHDRAWN}
    ),
    ModelState.TRAINING: frozenset(
        {ModelState.RELEASED, ModelState.ABANDONED, ModelState.WITHDRAWN}
    ),
    ModelState.RELEASED: frozenset({ModelState.WITHDRAWN}),
}
OPEN_STATES = (ModelState.PLANNED, ModelState.TRAINING)  # compute may still be saved
ENDED_STATES = (ModelState.WITHDRAWN, ModelState.ABANDONED)


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


class Evidence(StrEnum):
    """What speaks for an edge, from the weakest to the strongest."""

    DECLARED = "declared"
    IMPORTED = "imported"
    MEASURED = "measured"  # made by a job that ran here
    VERIFIED = "verified"  # the fingerprints agree


class DatasetKind(StrEnum):
    SUBSET = "subset"
    FILTERED = "filtered"
    MIXTURE = "mixture"
    TRANSLATED = "translated"
    SYNTHETIC = "synthetic"  # generated from it
    UNKNOWN = "unknown"


class FigureKind(StrEnum):
    PARAMETERS = "parameters"
    ACTIVE_PARAMETERS = "active_parameters"
    TOKENS = "tokens"
    FLOP = "flop"
    GPU_HOURS_GRANT = "gpu_hours_grant"
    GPU_HOURS_CAMPAIGN = "gpu_hours_campaign"
    GPU_HOURS_FINAL_RUN = "gpu_hours_final_run"
    ENERGY = "energy_kwh"
    CO2E = "co2e_kg"
    RELEASED = "released_on"  # a day, not a number


UNITS: Mapping[FigureKind, str] = {
    FigureKind.PARAMETERS: "1",
    FigureKind.ACTIVE_PARAMETERS: "1",
    FigureKind.TOKENS: "1",
    FigureKind.FLOP: "FLOP",
    FigureKind.GPU_HOURS_GRANT: "GPU-h",
    FigureKind.GPU_HOURS_CAMPAIGN: "GPU-h",
    FigureKind.GPU_HOURS_FINAL_RUN: "GPU-h",
    FigureKind.ENERGY: "kWh",
    FigureKind.CO2E: "kg CO2e",
    FigureKind.RELEASED: "day",
}


class Source(StrEnum):
    """Where a figure comes from, from the weakest to the strongest."""

    DECLARED = "declared"
    IMPORTED = "imported"
    DERIVED = "derived"
    MEASURED = "measured"


STRENGTH = {source: rank for rank, source in enumerate(Source)}


class Stage(StrEnum):
    PLAN = "plan"
    ACTUAL = "actual"


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = ""


class CaseState(StrEnum):
    OPEN = "open"
    CONTACTED = "contacted"
    IN_TALKS = "in_talks"
    DECIDED = "decided"
    CLOSED = "closed"


CASE_MOVES: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.CONTACTED, CaseState.DECIDED}),
    CaseState.CONTACTED: frozenset({CaseState.IN_TALKS, CaseState.DECIDED}),
    CaseState.IN_TALKS: frozenset({CaseState.DECIDED}),
    CaseState.DECIDED: frozenset({CaseState.CLOSED, CaseState.OPEN}),
    CaseState.CLOSED: frozenset({CaseState.OPEN}),  # reopened, with a reason
}
OPEN_CASES = (CaseState.OPEN, CaseState.CONTACTED, CaseState.IN_TALKS)


class Outcome(StrEnum):
    """What a case recommends; nobody is ordered."""

    MERGE = "merge"
    COORDINATE = "coordinate"
    REUSE = "reuse"
    PROCEED = "proceed"
    WITHDRAW = "withdraw"


class MlflowStage(StrEnum):
    """The stages that MLflow's clients know; no state of ours follows from them."""

    NONE = "None"
    STAGING = "Staging"
    PRODUCTION = "Production"
    ARCHIVED = "Archived"


MLFLOW_STAGES = [(stage.value, stage.value) for stage in MlflowStage]


MOST_COUNT = 10**18  # of parameters or tokens; more is a slip of the pen

# Anchored at both ends, because validators search.
# A model's name; the two signs left out would break the addresses that MLflow makes of it.
NAME = re.compile(r"\A[^/:\x00-\x1f]{1,120}\Z")
# ISO 639-1 or 639-3, or `mul` for "many".
LANGUAGE = re.compile(r"\A[a-z]{2,3}\Z")
# One word of a task or domain: small letters, digits, hyphens.
TERM = re.compile(r"\A[a-z0-9][a-z0-9_-]{0,39}\Z")
# An alias of a version; `latest` and v1, v2 … mean something else to MLflow's clients.
ALIAS = re.compile(r"\A(?!latest\Z|[vV]\d+\Z)[\w-]{1,256}\Z")
