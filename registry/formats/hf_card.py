"""Model cards of the Hugging Face Hub: which of their keys are facts of ours, and back.

Keys as documented for the Hub's model cards (metadata of README.md) in 2026. Everything else that
a card says is kept and given back as it came; our own facts stand under `x_cesai`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.formats.front_matter import pack
from registry.terms import TASKS, same_word
from registry.vocabulary import LANGUAGE, Modality, ParentKind, TrainingMode

OURS = "x_cesai"
# What the Hub calls a relation → our kind. It knows no continued pretraining and no distilling.
RELATIONS = {
    "finetune": ParentKind.FINETUNE,
    "adapter": ParentKind.ADAPTER,
    "quantized": ParentKind.QUANTIZED,
    "merge": ParentKind.MERGE,
}
MOST_GRAMS = 1e24  # more than the air weighs; what is beyond is a slip of the pen
KINDS = frozenset(kind.value for kind in ParentKind)
MODES = {
    ParentKind.CONTINUED_PRETRAINING: TrainingMode.CONTINUED,
    ParentKind.FINETUNE: TrainingMode.FINETUNE,
    ParentKind.ADAPTER: TrainingMode.ADAPTER,
    ParentKind.QUANTIZED: TrainingMode.QUANTIZED,
    ParentKind.MERGE: TrainingMode.MERGED,
    ParentKind.DISTILLED: TrainingMode.DISTILLED,
}
# The Hub's word for a task where it differs from ours.
HUB_TASKS = {
    "speech-recognition": "automatic-speech-recognition",
    "embedding": "feature-extraction",
    "chat": "text-generation",
    "image-to-text": "image-text-to-text",
    "forecasting": "time-series-forecasting",
}
_T, _S, _I = [Modality.TEXT.value], [Modality.SPEECH.value], [Modality.IMAGE.value]
MODALITIES: dict[str, tuple[list[str], list[str]]] = {
    "text-generation": (_T, _T),
    "translation": (_T, _T),
    "summarization": (_T, _T),
    "fill-mask": (_T, _T),
    "question-answering": (_T, _T),
    "speech-recognition": (_S, _T),
    "text-to-speech": (_T, _S),
    "text-to-image": (_T, _I),
    "text-to-video": (_T, [Modality.VIDEO.value]),
    "image-to-text": ([*_I, *_T], _T),
    "visual-question-answering": ([*_I, *_T], _T),
    "embedding": (_T, [Modality.EMBEDDING.value]),
    "forecasting": ([Modality.TIME_SERIES.value], [Modality.TIME_SERIES.value]),
}


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says in our words; `relation` of None where it says none."""

    languages: list[str] = field(default_factory=list)
    licence: str = ""
    datasets: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    relation: str | None = None
    successor: str = ""
    co2e_grams: float | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A base model as a reader may know it."""

    name: str
    kind: str


def facts_in(meta: dict[str, Any]) -> CardFacts:
    """The facts among a card's keys; what is of another shape than the Hub's is left alone."""
    licence = _text(meta.get("license"))
    if licence == "other":
        licence = _text(meta.get("license_name")) or licence
    task = same_word(_text(meta.get("pipeline_tag")))
    return CardFacts(
        languages=_languages(meta.get("language")),
        licence=licence[:60],
        datasets=[name for name in _texts(meta.get("datasets")) if len(name) <= 200],
        tasks=[task] if task in TASKS else [],
        bases=[name[:300] for name in _texts(meta.get("base_model"))],
        relation=_text(meta.get("base_model_relation")) or None,
        successor=_text(meta.get("new_version")),
        co2e_grams=_grams(meta.get("co2_eq_emissions")),
    )


def kinds_in(meta: dict[str, Any], facts: CardFacts) -> list[tuple[str, str, bool]]:
    """(base, kind, whether nobody said the kind) for each base model.

    Several bases are a merge on the Hub. A relation that is missing stays unknown.
    """
    said = _relations(meta)
    found = []
    for name in facts.bases:
        if name in said:
            found.append((name, said[name], False))
        elif facts.relation in RELATIONS:
            found.append((name, RELATIONS[facts.relation].value, False))
        elif len(facts.bases) > 1 and facts.relation is None:
            found.append((name, ParentKind.MERGE.value, True))
        else:
            found.append((name, ParentKind.UNKNOWN.value, True))
    return found


def merged_meta(
    meta: dict[str, Any],
    facts: CardFacts,
    edges: Sequence[Edge],
    ours: dict[str, Any],
    *,
    successor_hidden: bool = False,
) -> dict[str, Any]:
    """The card's keys as they came, where they still say what we know, and else what we know.

    `edges` are those that the reader may see: a base model that is hidden from them loses its
    name here, too.
    """
    before = facts_in(meta)
    result = dict(meta)
    if before.languages != facts.languages:
        _put(result, "language", facts.languages)
    if before.licence != facts.licence:
        _put(result, "license", facts.licence)
        result.pop("license_name", None)
        result.pop("license_link", None)
    if before.datasets != facts.datasets:
        _put(result, "datasets", facts.datasets)
    # A card names one task; ours may be more.
    if before.tasks != facts.tasks and not set(before.tasks[:1]) & set(facts.tasks):
        _put(result, "pipeline_tag", _hub_task(facts.tasks))
    if facts.successor and before.successor != facts.successor:
        result["new_version"] = facts.successor
    elif successor_hidden:
        result.pop("new_version", None)
    known = [(name, kind) for name, kind, _inferred in kinds_in(meta, before)]
    now = [(edge.name, edge.kind) for edge in edges]
    if sorted(known) != sorted(now):
        names = [name for name, _kind in now]
        if sorted(before.bases) != sorted(names):
            _put(result, "base_model", names)
        relation = _hub_relation({kind for _name, kind in now})
        _put(result, "base_model_relation", relation)
        ours = {**ours, "relations": dict(now)} if now and not relation else ours
    elif said := _relations(meta):
        ours = {**ours, "relations": {name: said[name] for name, _kind in now if name in said}}
    result[OURS] = pack(ours)
    return result


def _relations(meta: dict[str, Any]) -> dict[str, str]:
    """The kinds that our own block gives to base models."""
    ours = meta.get(OURS)
    said = ours.get("relations") if isinstance(ours, dict) else None
    pairs = said.items() if isinstance(said, dict) else ()
    found = {name.removeprefix("@"): kind for name, kind in pairs if isinstance(kind, str)}
    return {name: kind for name, kind in found.items() if kind in KINDS}


def _hub_task(tasks: Sequence[str]) -> str:
    return HUB_TASKS.get(tasks[0], tasks[0]) if tasks else ""


def _hub_relation(kinds: set[str]) -> str:
    names = {kind.value: name for name, kind in RELATIONS.items()}
    return names.get(next(iter(kinds)), "") if len(kinds) == 1 else ""


def _put(meta: dict[str, Any], key: str, value: Any) -> None:
    if value:
        meta[key] = value
    else:
        meta.pop(key, None)


def _languages(value: Any) -> list[str]:
    # YAML 1.1 reads Norwegian's code as "no"; of zh-Hant and the like the language is what counts.
    codes = [("no" if code is False else _text(code).lower()) for code in _list(value)]
    codes = [code.replace("_", "-").split("-")[0] for code in codes]
    codes = ["mul" if code == "multilingual" else code for code in codes]
    return list(dict.fromkeys(code for code in codes if LANGUAGE.match(code)))[:100]


def _grams(value: Any) -> float | None:
    if isinstance(value, dict):
        value = value.get("emissions")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < MOST_GRAMS else None


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return list(dict.fromkeys(text for text in map(_text, _list(value)) if text))[:100]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
