"""The text in which a model is found: its own words and its labels in German and English."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import override

from registry.languages import NAMES
from registry.models.labels import MODALITY_LABELS, TRAINING_MODE_LABELS
from registry.terms import DOMAINS, TASKS, Term, with_wider

if TYPE_CHECKING:
    from registry.models.models import Model

MOST = 20_000  # characters; a search needs the beginning of a long card, not all of it


def _both(labels: Iterable[tuple[str, object]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for language in ("en", "de"):
        with override(language):
            for value, label in labels:
                found.setdefault(value, []).append(str(label))
    return {value: " ".join(dict.fromkeys(texts)) for value, texts in found.items()}


_MODALITIES = _both(MODALITY_LABELS)
_MODES = _both(TRAINING_MODE_LABELS)


def words_of(model: Model) -> str:
    """All that a model is found by, at most 20,000 characters."""
    parts = [
        # A name is found by its parts, too: Teuken-7B-base-v0.4 by "Teuken" and "7B".
        model.name,
        model.name.replace("-", " ").replace("_", " ").replace(".", " "),
        model.architecture,
        model.licence,
        _MODES.get(model.training_mode, ""),
        model.intended_users,
        *(f"{word} {_MODALITIES.get(word, '')}" for word in model.modality_out),
        *(" ".join([code, *NAMES.get(code, ())]) for code in model.languages),
        *_terms(model.tasks, TASKS),
        *_terms(model.domains, DOMAINS),
        *model.datasets,
        model.description,
        model.card,
    ]
    return "\n".join(part for part in parts if part)[:MOST]


def _terms(words: Iterable[str], table: dict[str, Term]) -> list[str]:
    known = [table[word] for word in with_wider(words, table) if word in table]
    return [f"{term.word} {term.en} {term.de}" for term in known]
