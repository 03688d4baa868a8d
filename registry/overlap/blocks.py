"""The blocks in which an effort is looked for: pairs that share none are not compared."""

from __future__ import annotations

from collections.abc import Iterable

from registry.overlap.effort import MACRO_LANGUAGES
from registry.terms import TASKS, with_wider

ANY = "-"  # no language, or none known; no task known
MANY = "many"
OWN = "="  # before a task: efforts for just this one, not for what belongs to it
ENGLISH = "en"
FEW_LANGUAGES = 12  # up to so many, each language is a block; of more only English
SEVERAL = 5  # from so many on, "many" is one, too
MOST = 48
STEP = 0.15  # a size class in decimal logarithms of the parameters: a factor of 1.41
_WIDE = frozenset(term.parent for term in TASKS.values() if term.parent)


def blocks_of(
    modality_out: Iterable[str], languages: Iterable[str], tasks: Iterable[str]
) -> list[str]:
    """Words for output × language × task, and for output × language × wider task; at most 48.

    Where there would be more, languages are left out, not outputs or tasks: "many" comes first,
    English, which nearly everything knows, last.
    """
    own = sorted(tasks)
    wider = [task for task in with_wider(own, TASKS) if task in _WIDE]
    words = [
        f"{output}/{tongue}/{task}"
        for tongue in _tongues(languages)
        for task in ([f"{OWN}{task}" for task in own] or [f"{OWN}{ANY}"]) + wider
        for output in sorted(modality_out) or [ANY]
    ]
    return words[:MOST]


def is_of_own_task(block: str) -> bool:
    """Whether a block holds efforts for just one task."""
    return block.rpartition("/")[2].startswith(OWN)


def _tongues(languages: Iterable[str]) -> list[str]:
    spoken = sorted({MACRO_LANGUAGES.get(code, code) for code in languages})
    others = [code for code in spoken if code != ENGLISH]
    many = [MANY] if len(others) >= SEVERAL else []
    each = others if len(others) <= FEW_LANGUAGES else []
    return [*many, *each, *([ENGLISH] if ENGLISH in spoken else [])] or [ANY]
