"""What can be made to go wrong in the simulator, one call at a time or until told otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    """What happens to one call."""

    ERROR_BEFORE = "answers 500, nothing was done"
    ERROR_AFTER = "answers 500 although it was done"
    DROP_BEFORE = "closes the connection, nothing was done"
    DROP_AFTER = "closes the connection although it was done"
    TRUNCATE_AFTER = "sends half of the answer although it was done"


@dataclass
class Faults:
    """Plain attributes, to be set by a test while the simulator runs."""

    controller_is_down: bool = False
    database_is_down: bool = False
    delay_seconds: float = 0.0  # before each call is looked at
    hangs_at: str = ""  # calls whose path contains it are taken and never answered
    _plan: list[tuple[Fault, str]] = field(default_factory=list)

    def plan(self, fault: Fault, path: str = "") -> None:
        """Let the next call whose path contains `path` meet this fault; plans are used once."""
        self._plan.append((fault, path))

    def take(self, path: str) -> Fault | None:
        for planned in self._plan:
            if planned[1] in path:
                self._plan.remove(planned)
                return planned[0]
        return None
