"""What people call the fixed words of the registry."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.vocabulary import (
    Confidence,
    DatasetKind,
    Evidence,
    FigureKind,
    Modality,
    ModelState,
    ParentKind,
    Source,
    Stage,
    TrainingMode,
)

STATE_LABELS = [
    (ModelState.PLANNED.value, _("planned")),
    (ModelState.TRAINING.value, _("training")),
    (ModelState.RELEASED.value, pgettext_lazy("model", "released")),
    (ModelState.WITHDRAWN.value, _("withdrawn")),
    (ModelState.ABANDONED.value, _("abandoned")),
]
MODALITY_LABELS = [
    (Modality.TEXT.value, _("text")),
    (Modality.CODE.value, _("code")),
    (Modality.IMAGE.value, _("image")),
    (Modality.VIDEO.value, _("video")),
    (Modality.SPEECH.value, _("speech")),
    (Modality.AUDIO.value, _("audio")),
    (Modality.TABULAR.value, _("tables")),
    (Modality.TIME_SERIES.value, _("time series")),
    (Modality.MOLECULE.value, _("molecules")),
    (Modality.EARTH.value, _("earth observation")),
    (Modality.EMBEDDING.value, _("embedding")),
]
TRAINING_MODE_LABELS = [
    (TrainingMode.FROM_SCRATCH.value, _("from scratch")),
    (TrainingMode.CONTINUED.value, _("continued pretraining")),
    (TrainingMode.FINETUNE.value, _("finetune")),
    (TrainingMode.ADAPTER.value, _("adapter")),
    (TrainingMode.DISTILLED.value, _("distilled")),
    (TrainingMode.MERGED.value, _("merged")),
    (TrainingMode.QUANTIZED.value, _("quantised")),
    (TrainingMode.UNKNOWN.value, _("not decided yet")),
]
PARENT_KIND_LABELS = [
    (ParentKind.CONTINUED_PRETRAINING.value, _("continued pretraining")),
    (ParentKind.FINETUNE.value, _("finetune")),
    (ParentKind.ADAPTER.value, _("adapter")),
    (ParentKind.QUANTIZED.value, _("quantised")),
    (ParentKind.MERGE.value, _("merge")),
    (ParentKind.DISTILLED.value, _("distilled")),
    (ParentKind.UNKNOWN.value, _("unknown")),
]
EVIDENCE_LABELS = [
    (Evidence.DECLARED.value, _("declared")),
    (Evidence.IMPORTED.value, _("imported")),
    (Evidence.MEASURED.value, _("measured: made by a job here")),
    (Evidence.VERIFIED.value, _("verified: the fingerprints agree")),
]
DATASET_KIND_LABELS = [
    (DatasetKind.SUBSET.value, _("subset")),
    (DatasetKind.FILTERED.value, _("filtered")),
    (DatasetKind.MIXTURE.value, _("part of a mixture")),
    (DatasetKind.TRANSLATED.value, _("translated")),
    (DatasetKind.SYNTHETIC.value, _("generated from it")),
    (DatasetKind.UNKNOWN.value, _("unknown")),
]
FIGURE_KIND_LABELS = [
    (FigureKind.PARAMETERS.value, _("parameters")),
    (FigureKind.ACTIVE_PARAMETERS.value, _("active parameters")),
    (FigureKind.TOKENS.value, _("training tokens")),
    (FigureKind.FLOP.value, _("training compute")),
    (FigureKind.GPU_HOURS_GRANT.value, _("GPU-hours granted")),
    (FigureKind.GPU_HOURS_CAMPAIGN.value, _("GPU-hours of the campaign")),
    (FigureKind.GPU_HOURS_FINAL_RUN.value, _("GPU-hours of the final run")),
    (FigureKind.ENERGY.value, _("energy")),
    (FigureKind.CO2E.value, _("CO₂ equivalent")),
    (FigureKind.RELEASED.value, _("released on")),
]
SOURCE_LABELS = [
    (Source.DECLARED.value, _("declared")),
    (Source.IMPORTED.value, _("imported")),
    (Source.DERIVED.value, _("derived")),
    (Source.MEASURED.value, _("measured")),
]
STAGE_LABELS = [
    (Stage.PLAN.value, _("plan")),
    (Stage.ACTUAL.value, _("actual")),
]
CONFIDENCE_LABELS = [
    (Confidence.HIGH.value, _("high confidence")),
    (Confidence.MEDIUM.value, _("medium confidence")),
    (Confidence.LOW.value, _("low confidence")),
    (Confidence.UNKNOWN.value, _("confidence unknown")),
]
