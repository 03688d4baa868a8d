"""`python -m dev.overlap words | fit | evaluate`: see docs/overlap-evaluation.md."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dev.overlap.fit import fit
from dev.overlap.judged import judged_pairs, public_efforts
from dev.overlap.report import report
from dev.places import ROOT
from registry.overlap.text import counted_words
from registry.overlap.weights import DATA, read_data

OVERLAP = ROOT / "registry" / "overlap"
REPORT = ROOT / "docs" / "overlap-evaluation.md"
LEAST = 3  # descriptions that hold a word before its rarity is worth writing down


def words() -> None:
    """Count in how many descriptions of the shipped catalogue each common word stands."""
    texts = [effort.words for effort in public_efforts().values() if effort.words]
    found = Counter(word for text in texts for word in set(counted_words(text)))
    lines = [
        f"{word} {math.log(1 + len(texts) / count):.3f}"
        for word, count in sorted(found.items())
        if count >= LEAST
    ]
    head = "# word, ln(1 + N/n): of N descriptions of the shipped catalogue n hold it\n"
    _write(OVERLAP / "common_words.txt", head + "\n".join(lines) + "\n")


def weights() -> None:
    """Fit the scales and cuts on all judged pairs; the version names the day's data."""
    fitted = fit(judged_pairs(), public_efforts(), read_data())
    _write(OVERLAP / DATA, json.dumps(fitted, indent=1, ensure_ascii=False) + "\n")


def evaluate() -> None:
    """Write the page with the table, the intervals and the errors."""
    _write(REPORT, report(judged_pairs(), public_efforts()))


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(content)} characters")


COMMANDS: dict[str, Callable[[], None]] = {"words": words, "fit": weights, "evaluate": evaluate}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]]()
