"""What no answer may be: a fault, undescribed, unguarded, or a word from the other side."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.fuzz.aiming import kind_of
from tests.fuzz.description import LINES
from tests.fuzz.portal import Portal
from tests.fuzz.sides import Side, Sides, strings

# Not among them, as they do not hold here:
# `positive_data_acceptance`: what depends on two fields, or on a state, the description cannot
#   say (a window ends after it starts), so what it admits may be refused with 400 and 409.
# `ensure_resource_availability`: the next call may be the other side's, who must get 404.
# `ignored_auth`: it takes 403 for an answer; `unguarded` below asks for 401 and for its form.
# `missing_required_header`, `unsupported_method`: of another way of making cases.
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
KEPT = {"invitations"}  # a withdrawn one stays, and says that it is
# What is left of the caller's calls; and a hash of the body, which is compared itself.
OF_THE_MOMENT = ("x-request-id", "date", "ratelimit-remaining", "ratelimit-reset", "etag")


class Judge:
    """Collects what is wrong instead of stopping, so that one run finds all there is."""

    def __init__(self, sides: Sides, portal: Portal) -> None:
        self.sides, self.portal = sides, portal
        self.found: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], str] = {}
        self.statuses: dict[str, Counter[int]] = {}
        self.compared = 0

    def look_at(self, case: Any, answer: Any, side: Side, recorder: Any = None) -> None:
        """All rules for one answer."""
        label = case.operation.label
        self.statuses.setdefault(label, Counter())[answer.status_code] += 1
        if answer.status_code >= 500 or self.portal.fault:
            self._blame("fault", case, answer, side, self.portal.fault)
            return
        of_kind = [] if kind_of(case.path) in KEPT else [checks.use_after_free]
        try:
            case.validate_response(answer, checks=_checks(case) + of_kind, recorder=recorder)
        except FailureGroup as group:
            for failure in group.exceptions:
                text = f"{type(failure).__name__} {getattr(failure, 'message', failure)}"
                self._blame(text.splitlines()[0], case, answer, side, text)
        if answer.status_code >= 400:
            self._problem(case, answer, side)
        self._tenancy(case, answer, side)

    def unguarded(self, case: Any, answer: Any) -> None:
        """Without a token, or with one that is none, there is no answer but 401."""
        if answer.status_code != 401:
            self._blame("not guarded", case, answer, None)
        self._problem(case, answer, None)

    def alike(
        self, case: Any, hidden: Any, absent: Any, names: dict[str, str], side: Side
    ) -> None:
        """What is the other side's answers as what does not exist, byte by byte."""
        self.compared += 1
        text = hidden.content.decode()
        for key, unknown in names.items():
            text = text.replace(key, unknown)
        said = (hidden.status_code, text, _headers(hidden))
        if said != (absent.status_code, absent.content.decode(), _headers(absent)):
            more = f"unknown ids: {absent.status_code} {absent.content[:600]!r}"
            self._blame("another's thing answers unlike an unknown", case, hidden, side, more)
        if case.method.upper() != "GET" and hidden.status_code < 400:
            self._blame("another's thing is taken", case, hidden, side)

    def _problem(self, case: Any, answer: Any, side: Side | None) -> None:
        try:
            body = json.loads(answer.content)
            is_sound = (
                answer.headers["content-type"] == ["application/problem+json"]
                and body["status"] == answer.status_code
                and body["type"].startswith("/problems/")
                and body["title"] and body["detail"]
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            is_sound = False
        if not is_sound:
            self._blame("no problem+json", case, answer, side)

    def _tenancy(self, case: Any, answer: Any, side: Side) -> None:
        other = self.sides.other(side)
        if other is None:
            return
        text = answer.content.decode(errors="replace") + str(answer.headers)
        if other.canary in text:
            self._blame("tells the other side's word", case, answer, side)
        told = set(UUID.findall(text)) & other.private
        if told - sent_in(case):
            kinds = {kind for key in told for kind, keys in other.keys.items() if key in keys}
            self._blame(f"tells the other side's id of {sorted(kinds)}", case, answer, side)

    def _blame(self, what: str, case: Any, answer: Any, side: Side | None, more: str = "") -> None:
        key = (case.operation.label, re.sub(r"[0-9a-f-]{36}", "…", what)[:120])
        self.found[key] += 1
        if key not in self.examples:
            self.examples[key] = (
                f"as {side.name if side else 'nobody'}: {case.method} {case.formatted_path}"
                f" ? {case.query} {str(case.body)[:700]}\n"
                f"    → {answer.status_code} {answer.content[:700]!r}\n    {more[:1500]}"
            )

    @property
    def report(self) -> str:
        """Everything found, the most frequent first."""
        return "\n".join(
            f"{count} × {label}: {what}\n    {self.examples[label, what]}"
            for (label, what), count in self.found.most_common()
        )


def _checks(case: Any) -> list[Any]:
    """Of a catalogue each line is judged by itself: the call succeeds, whatever is wrong in it."""
    left_out = {checks.negative_data_rejection} if case.media_type == LINES else set()
    return [check for check in CHECKS if check not in left_out]


def sent_in(case: Any) -> set[str]:
    """The ids that the caller named, which an answer may repeat."""
    parts = [case.path_parameters, case.query, case.body]
    return {key for part in parts for text in strings(part) for key in UUID.findall(text)}


def _headers(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
