"""What other catalogues call modalities, tasks and domains, in the registry's words."""

from __future__ import annotations

from typing import Any

from cesai.catalogue.reading import text, texts
from registry.languages import NAMES
from registry.terms import DOMAINS, TASKS, same_word
from registry.vocabulary import Modality, TrainingMode

_TEXT, _IMAGE, _SPEECH = Modality.TEXT.value, Modality.IMAGE.value, Modality.SPEECH.value
_EMBEDDING, _MOLECULE = Modality.EMBEDDING.value, Modality.MOLECULE.value
_TABLES = Modality.TABULAR.value
TAKES = {
    "text": [_TEXT],
    "vision-text": [_IMAGE, _TEXT],
    "code": [Modality.CODE.value, _TEXT],
    "speech": [_SPEECH],
    "speech-text": [_SPEECH, _TEXT],
    "protein": [_MOLECULE],
    "tabular": [_TABLES],
}
GIVES = {
    "code": [Modality.CODE.value, _TEXT],
    "protein": [_MOLECULE],
    "tabular": [_TABLES],
}


MODES = {
    "base": TrainingMode.FROM_SCRATCH,
    "encoder": TrainingMode.FROM_SCRATCH,
    "encoder-decoder": TrainingMode.FROM_SCRATCH,
    "continued-pretraining": TrainingMode.CONTINUED,
    "instruct-finetune": TrainingMode.FINETUNE,
    "domain-finetune": TrainingMode.FINETUNE,
    "quantized": TrainingMode.QUANTIZED,
    "merge": TrainingMode.MERGED,
    "adapter": TrainingMode.ADAPTER,
    "distilled": TrainingMode.DISTILLED,
}
_LANGUAGE_NAMES = {
    name.lower() for names in NAMES.values() for whole in names for name in whole.split()
} | {"catalan", "multilingual"}


def modalities(record: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What a model takes in and gives out; encoders and retrieval give embeddings."""
    modality, kind = text(record, "modality"), text(record, "kind")
    tasks = " ".join(texts(record, "domain_tasks")).lower()
    takes = TAKES.get(modality, [])
    gives = GIVES.get(modality, [_TEXT] if takes else [])
    if kind == "encoder" or "embedding" in tasks or "image-text-retrieval" in tasks:
        gives = [_EMBEDDING]
    return sorted(takes), sorted(gives)


def compared_tasks(words: list[str]) -> tuple[list[str], list[str]]:
    """As `tasks_and_domains`, but what is no word of the vocabulary stays a task of its own.

    Two efforts may agree in it all the same. Names of languages are facts of their own.
    """
    tasks, domains = tasks_and_domains(words)
    plain = [same_word(word) for word in words]
    others = [w for w in plain if w not in TASKS and w not in DOMAINS and not _is_language(w)]
    return list(dict.fromkeys([*tasks, *others])), domains


def _is_language(word: str) -> bool:
    return any(part in _LANGUAGE_NAMES for part in word.split("-"))


def tasks_and_domains(words: list[str]) -> tuple[list[str], list[str]]:
    """The controlled words among them; names of languages and the like stand elsewhere."""
    plain = [same_word(word) for word in words]
    tasks = [word for word in plain if word in TASKS]
    return list(dict.fromkeys(tasks)), list(dict.fromkeys(w for w in plain if w in DOMAINS))
