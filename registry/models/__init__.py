"""What: the tables of model efforts, their versions, figures, and where they come from."""

from registry.models.cases import Case, CaseMessage, CaseMove, CaseParty, Recusal
from registry.models.competences import Competences
from registry.models.datasets import Dataset, DatasetDerivation, TrainedOn
from registry.models.derivations import Derivation
from registry.models.exchange import ExchangeKey
from registry.models.figures import Figure
from registry.models.models import Model, ModelMove
from registry.models.overlaps import Block, Overlap, WordCount
from registry.models.versions import Alias, Fingerprint, Version
from registry.models.watches import Watch

__all__ = [
    "Alias",
    "Block",
    "Case",
    "CaseMessage",
    "CaseMove",
    "CaseParty",
    "Competences",
    "Dataset",
    "DatasetDerivation",
    "Derivation",
    "ExchangeKey",
    "Figure",
    "Fingerprint",
    "Model",
    "ModelMove",
    "Overlap",
    "Recusal",
    "TrainedOn",
    "Version",
    "Watch",
    "WordCount",
]
