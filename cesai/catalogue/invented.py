"""Planned efforts that nobody plans: for the demonstration, and marked as invented."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from projects.models import Group, User
from projects.roles import Visibility
from registry.actions.models import plan_model
from registry.languages import EU
from registry.models import Model
from registry.vocabulary import Modality, TrainingMode

SAID = "Invented for the demonstration; nobody plans this."
TEXT, SPEECH = [Modality.TEXT.value], [Modality.SPEECH.value]
MOLECULE, EMBEDDING = [Modality.MOLECULE.value], [Modality.EMBEDDING.value]


def invented_plans(today: date) -> list[dict[str, Any]]:
    """Facts with the short name of the demonstration's group; windows lie in the coming year."""
    autumn = date(today.year + 1, 9, 1)
    return [
        {
            "group": "g3",
            "name": "Europa-9B (invented)",
            "visibility": Visibility.PARTNERS.value,
            "modality_in": TEXT,
            "modality_out": TEXT,
            "languages": list(EU),
            "tasks": ["general", "translation"],
            "training_mode": TrainingMode.FROM_SCRATCH.value,
            "parameters": 9_000_000_000,
            "tokens": 4_000_000_000_000,
            "window_start": autumn,
            "window_end": date(autumn.year + 1, 1, 1),
            "licence": "Apache-2.0",
            "description": "An open 9B base model for all 24 official languages of the EU, trained"
            f" from scratch. {SAID}",
        },
        {
            "group": "g4",
            "name": "Sternbild-8B (invented)",
            "visibility": Visibility.GROUP.value,
            "modality_in": TEXT,
            "modality_out": TEXT,
            "languages": [code for code in EU if code not in {"ga", "mt"}],
            "tasks": ["general"],
            "training_mode": TrainingMode.FROM_SCRATCH.value,
            "parameters": 8_000_000_000,
            "tokens": 5_000_000_000_000,
            "window_start": date(autumn.year, 10, 1),
            "window_end": date(autumn.year + 1, 3, 1),
            "licence": "Apache-2.0",
            "description": "Ein offenes Basismodell mit 8 Mrd. Parametern für 22 europäische"
            f" Amtssprachen, von Grund auf trainiert. Erfunden; {SAID}",
        },
        {
            "group": "g3",
            "name": "Proteom-3B (invented)",
            "visibility": Visibility.PARTNERS.value,
            "modality_in": MOLECULE,
            "modality_out": EMBEDDING,
            "languages": [],
            "tasks": ["protein-embedding"],
            "domains": ["life-science"],
            "training_mode": TrainingMode.FROM_SCRATCH.value,
            "parameters": 3_000_000_000,
            "tokens": 1_000_000_000_000,
            "window_start": date(autumn.year, 3, 1),
            "window_end": date(autumn.year, 7, 1),
            "datasets": ["UniRef50"],
            "licence": "MIT",
            "description": f"Embeddings of protein sequences for drug development. {SAID}",
        },
        {
            "group": "g4",
            "name": "Aminosäure-2B (invented)",
            "visibility": Visibility.PARTNERS.value,
            "modality_in": MOLECULE,
            "modality_out": EMBEDDING,
            "languages": [],
            "tasks": ["protein-embedding"],
            "domains": ["life-science"],
            "training_mode": TrainingMode.FROM_SCRATCH.value,
            "parameters": 2_000_000_000,
            "tokens": 900_000_000_000,
            "window_start": date(autumn.year, 2, 1),
            "window_end": date(autumn.year, 5, 1),
            "datasets": ["UniRef50", "BFD"],
            "licence": "Apache-2.0",
            "description": "Einbettungen von Proteinsequenzen für die Wirkstoffsuche."
            f" Erfunden; {SAID}",
        },
        {
            "group": "g3",
            "name": "Klinikdiktat (invented)",
            "visibility": Visibility.PARTNERS.value,
            "modality_in": SPEECH,
            "modality_out": TEXT,
            "languages": ["de"],
            "tasks": ["speech-recognition"],
            "domains": ["health", "clinical-documentation"],
            "training_mode": TrainingMode.FINETUNE.value,
            "parameters": 1_500_000_000,
            "tokens": None,
            "window_start": date(autumn.year, 1, 15),
            "window_end": date(autumn.year, 3, 1),
            "licence": "Apache-2.0",
            "description": f"Recognises dictated German clinical reports. {SAID}",
        },
    ]


def load_invented(groups: dict[str, Group], by: dict[str, User], *, now: datetime) -> int:
    """Register those that are missing; how many there were. `by` names who plans for a group."""
    made = 0
    for facts in invented_plans(now.date()):
        group = groups[facts.pop("group")]
        if not Model.objects.filter(group=group, name=facts["name"]).exists():
            planner = by.get(group.slug)
            plan_model(by=planner, group=group, project=None, facts=facts, now=now)  # type: ignore[arg-type]
            made += 1
    return made
