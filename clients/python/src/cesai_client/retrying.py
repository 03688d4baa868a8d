"""When a call may be repeated, and how long to wait before."""

from __future__ import annotations

import random
from dataclasses import dataclass

import httpx

PASSING = frozenset({429, 502, 503, 504})
UNDER_WAY = "/in-progress"  # the first call with this key is still being answered
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Retries:
    """At most so many attempts; the wait doubles from `first` and is drawn at random below it,
    so that many clients do not come back at the same moment. A Retry-After is kept to."""

    attempts: int = 5
    first: float = 0.5

    def wait_before(self, attempt: int, answer: httpx.Response | None) -> float:
        """Seconds before the attempt (counted from 1)."""
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        if asked.isascii() and asked.isdigit():
            return min(float(asked), LONGEST_WAIT)
        longest = min(self.first * 2 ** (attempt - 1), LONGEST_WAIT)
        return random.uniform(longest / 2, longest)  # noqa: S311 (nothing is guarded by it)


def is_passing(answer: httpx.Response) -> bool:
    """Whether the same call may be answered otherwise soon."""
    if answer.status_code == httpx.codes.CONFLICT:
        return UNDER_WAY in answer.text
    return answer.status_code in PASSING
