"""Judges a history: it knows what clusters started and what was accepted, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Of an intent that has such an end nobody expects a start.
NEVER_STARTED = frozenset({"refused", "cancelled", "unknown", "blocked"})
FINAL = frozenset(
    {"completed", "failed", "cancelled", "timeout", "node_fail", "out_of_memory", "preempted",
     "deadline", "boot_fail", "refused"}
)  # fmt: skip


@dataclass
class Verdict:
    """Names of intents that went wrong; all empty when nothing did."""

    twice: list[str] = field(default_factory=list)  # started more than once
    lost: list[str] = field(default_factory=list)  # accepted, never started, and nobody says so
    open: list[str] = field(default_factory=list)  # neither final, blocked nor unknown
    ghosts: list[str] = field(default_factory=list)  # started without having been accepted
    denied: list[str] = field(default_factory=list)  # started, but told to have been refused

    @property
    def is_clean(self) -> bool:
        return not (self.twice or self.lost or self.open or self.ghosts or self.denied)


def judge(starts: Iterable[str], accepted: Mapping[str, str]) -> Verdict:
    """`starts` are the names of jobs as clusters started them, `accepted` name → last state."""
    counts = Counter(starts)
    settled = FINAL | {"unknown", "blocked"}
    return Verdict(
        twice=[name for name, count in counts.items() if count > 1],
        lost=[
            name
            for name, state in accepted.items()
            if state in settled and not counts[name] and state not in NEVER_STARTED
        ],
        open=[name for name, state in accepted.items() if state not in settled],
        ghosts=[name for name in counts if name not in accepted],
        denied=[name for name in counts if accepted.get(name) == "refused"],
    )
