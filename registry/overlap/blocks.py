"""The blocks in which an effort is looked for: pairs that share none are not compared."""

from __future__ import annotations

from collections.abc import Iterable

from registry.overlap.effort import MACRO_LANGUAGES
from registry.terms import TASKS, with_wider

ANY = "-"  # no language, or none known; no task known
MANY = "many"
FEW_LANGUAGES = 12  # up to so many, each language is a block
SEVERAL = 5  # from so many on, "many" is one, too
MOST = 48


def blocks_of(
    modality_out: Iterable[str], languages: Iterable[str], tasks: Iterable[str]
) -> list[str]:
    """Words for output × language × task, the wider tasks among them; at most 48.

    Where there would be more, languages are left out, not outputs or tasks: "many" comes first.
    """
    spoken = sorted({MACRO_LANGUAGES.get(code, code) for code in languages})
    others = [code for code in spoken if code != "en"] or spoken
    tongues = list(others) if len(others) <= FEW_LANGUAGES else []
    if len(others) >= SEVERAL:
        tongues.insert(0, MANY)
    wider = with_wider(sorted(tasks), TASKS) or [ANY]
    words = [
        f"{output}/{tongue}/{task}"
        for tongue in tongues or [ANY]
        for task in wider
        for output in sorted(modality_out) or [ANY]
    ]
    return words[:MOST]
