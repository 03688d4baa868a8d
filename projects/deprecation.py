"""What of the API goes away: announced in its answers and its description, at one place.

An action is marked by `@deprecated(…)`, a whole resource by its attribute `deprecation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from django.utils.http import http_date

LEAST = timedelta(days=183)  # between the announcement and the end
POLICY = "/api/v1/docs/#changes"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when it should not be used, from when on it is not there, and what to use instead."""

    since: date
    sunset: date
    instead: str

    def __post_init__(self) -> None:
        if self.sunset - self.since < LEAST:
            raise ValueError(f"Between announcement and end lie {LEAST.days} days at least.")

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9745 and RFC 8594, and where the policy stands."""
        return {
            "Deprecation": f"@{_second(self.since)}",
            "Sunset": http_date(_second(self.sunset)),
            "Link": f'<{POLICY}>; rel="deprecation"; type="text/html"',
        }

    @property
    def sentence(self) -> str:
        """For the description."""
        return f"Deprecated since {self.since}, gone from {self.sunset} on. {self.instead}"


def deprecated(*, since: date, sunset: date, instead: str) -> Callable[[F], F]:
    """Mark an action. Raises ValueError for less time than the policy gives."""
    said = Deprecation(since, sunset, instead)

    def mark(action: F) -> F:
        action.deprecation = said  # type: ignore[attr-defined]
        return action

    return mark


def deprecation_of(view: Any) -> Deprecation | None:
    """Of the action that a call means, else of its whole resource."""
    action = getattr(view, getattr(view, "action", None) or "", None)
    found: Deprecation | None = getattr(action, "deprecation", None)
    return found or getattr(view, "deprecation", None)


def _second(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
