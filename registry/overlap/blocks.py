"""The blocks in which an effort is looked for: pairs that share none are not compared."""

from __future__ import annotations

from collections.abc import Iterable

from registry.overlap.effort import MACRO_LANGUAGES, TRAINED
from registry.terms import TASKS, with_wider

ANY = "-"  # no language, or none known; no task known
MANY = "many"
OWN = "="  # between a task and a way of training: just this task, not what belongs to it
OTHERWISE = 0.4  # of the looking, where only one of the two tells how it is trained
ENGLISH = "en"
FEW_LANGUAGES = 12  # up to so many, each language is a block; of more only English
SEVERAL = 5  # from so many on, "many" is one, too
MOST = 48
STEP = 0.15  # a size class in decimal logarithms of the parameters: a factor of 1.41
_WAYS = sorted(set(TRAINED.values()))
_WIDE = frozenset(term.parent for term in TASKS.values() if term.parent)


def blocks_of(
    modality_out: Iterable[str], languages: Iterable[str], tasks: Iterable[str], mode: str
) -> list[str]:
    """Words for output × language × task × way of training, and for wider tasks; at most 48.

    Where there would be more, languages are left out, not outputs or tasks: "many" comes first,
    English, which nearly everything knows, last.
    """
    own = sorted(tasks)
    wider = [task for task in with_wider(own, TASKS) if task in _WIDE]
    trained = TRAINED.get(mode, ANY)
    narrow = [f"{task}{OWN}{trained}" for task in own or [ANY]]
    words = [
        f"{output}/{tongue}/{task}"
        for tongue in _tongues(languages)
        for task in narrow + wider
        for output in sorted(modality_out) or [ANY]
    ]
    return words[:MOST]


def narrow_blocks(blocks: Iterable[str]) -> dict[str, float]:
    """The blocks in which to look for the nearest, each with its share of the looking.

    Those of its own task and way of training; those whose way is not known; where its own is
    not known, those of every way.
    """
    found: dict[str, float] = {}
    for block in blocks:
        name, is_narrow, trained = block.partition(OWN)
        if is_narrow:
            others = (ANY, *_WAYS) if trained == ANY else (ANY,)
            found |= {f"{name}{OWN}{other}": OTHERWISE for other in others} | {block: 1.0}
    return found


def _tongues(languages: Iterable[str]) -> list[str]:
    spoken = sorted({MACRO_LANGUAGES.get(code, code) for code in languages})
    others = [code for code in spoken if code != ENGLISH]
    many = [MANY] if len(others) >= SEVERAL else []
    each = others if len(others) <= FEW_LANGUAGES else []
    return [*many, *each, *([ENGLISH] if ENGLISH in spoken else [])] or [ANY]
