"""What licences ask of those who build on a model, and where a descendant promises too much."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Duty(StrEnum):
    """What passes down to descendants."""

    SHARE_ALIKE = "share_alike"
    NON_COMMERCIAL = "non_commercial"
    USE_RESTRICTIONS = "use_restrictions"  # RAIL: uses that are forbidden to everybody downstream
    NAMED_TERMS = "named_terms"  # the vendor's own terms go with every derivative
    NO_DERIVATIVES = "no_derivatives"
    CLOSED = "closed"  # no right to build on it without a contract


class Family(StrEnum):
    PERMISSIVE = "permissive"
    COPYLEFT = "copyleft"
    NON_COMMERCIAL = "non_commercial"
    RAIL = "rail"
    COMMUNITY = "community"  # Llama's, Gemma's and the like
    PROPRIETARY = "proprietary"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it was written, its family, and what it asks of descendants."""

    text: str
    family: Family
    duties: frozenset[Duty]
    terms: str = ""  # whose terms, for NAMED_TERMS


_PERMISSIVE = (
    r"apache.*|mit(-0)?|bsd.*|isc|0bsd|unlicense|cc0.*|cc-by-[1-4]\.[05]|cc-by|afl-3\.0|zlib"
    r"|boost.*|bsl-1\.0|odc-by.*|pddl.*|cdla-permissive.*|ecl-2\.0|ms-pl|wtfpl|postgresql"
    r"|openmdw.*|eupl-permissive"
)
# A pattern of the written licence → family, duties, whose terms. The first that fits counts.
_FAMILIES: tuple[tuple[str, Family, frozenset[Duty], str], ...] = (
    (
        r"cc-by-nc-nd.*",
        Family.NON_COMMERCIAL,
        frozenset({Duty.NON_COMMERCIAL, Duty.NO_DERIVATIVES}),
        "",
    ),
    (
        r"cc-by-nc-sa.*",
        Family.NON_COMMERCIAL,
        frozenset({Duty.NON_COMMERCIAL, Duty.SHARE_ALIKE}),
        "",
    ),
    (
        r"cc-by-nc.*|.*non-?commercial.*|.*research-only.*|open-aleph.*|mnpl.*|coqui.*",
        Family.NON_COMMERCIAL,
        frozenset({Duty.NON_COMMERCIAL}),
        "",
    ),
    (r"cc-by-nd.*", Family.PROPRIETARY, frozenset({Duty.NO_DERIVATIVES}), ""),
    (
        r"cc-by-sa.*|gpl.*|agpl.*|lgpl.*|gfdl.*|odbl.*|mpl.*|epl.*|eupl.*|osl.*|cdla-sharing.*",
        Family.COPYLEFT,
        frozenset({Duty.SHARE_ALIKE}),
        "",
    ),
    (
        r".*research rail.*",
        Family.RAIL,
        frozenset({Duty.USE_RESTRICTIONS, Duty.NON_COMMERCIAL}),
        "",
    ),
    (r".*rail.*|bloom.*|creativeml.*", Family.RAIL, frozenset({Duty.USE_RESTRICTIONS}), ""),
    (r"llama.*|meta-llama.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "Llama"),
    (r"gemma.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "Gemma"),
    (r"qwen.*|tongyi.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "Qwen"),
    (r"deepseek.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "DeepSeek"),
    (r"falcon.*|tii.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "Falcon"),
    (r"prior-labs.*", Family.COMMUNITY, frozenset({Duty.NAMED_TERMS}), "Prior Labs"),
    (r"proprietary|closed|commercial", Family.PROPRIETARY, frozenset({Duty.CLOSED}), ""),
    (_PERMISSIVE, Family.PERMISSIVE, frozenset(), ""),
)


def read_licence(text: str) -> Licence:
    """The family and duties of a licence given as an SPDX id or by name; unknown if it is none.

    Source of the families: the licences' own texts as of 2026; this is no legal advice.
    """
    plain = text.strip().lower().replace("_", "-")
    for pattern, family, duties, terms in _FAMILIES:
        if plain and re.fullmatch(pattern, plain):
            return Licence(text, family, duties, terms)
    return Licence(text, Family.UNKNOWN, frozenset())


@dataclass(frozen=True, slots=True)
class Conflict:
    """A duty of an ancestor that the descendant's licence does not keep, with the path between."""

    duty: Duty
    ancestor: str
    licence: str
    terms: str
    path: tuple[str, ...]  # from the ancestor down to the descendant, node by node


MOST_SHOWN = 100


def conflicts(
    root: str, parents: Mapping[str, list[str]], licences: Mapping[str, str]
) -> tuple[list[Conflict], list[str], int]:
    """Which duties from above `root` does not keep, and the ancestors whose licence is unknown.

    `parents` maps a node to the nodes it derives from; `licences` a node to what was written.
    A shortest path is shown for each of the nearest 100 conflicts; last comes how many more
    there are.
    """
    own = read_licence(licences.get(root, ""))
    below = _below(root, parents)
    found: list[Conflict] = []
    unknown: list[str] = []
    more = 0
    for ancestor in below:
        above = read_licence(licences.get(ancestor, ""))
        if above.family is Family.UNKNOWN:
            unknown.append(ancestor)
        if own.family is Family.UNKNOWN:
            continue
        for duty in sorted(above.duties):
            if _keeps(own, duty, above):
                continue
            if len(found) == MOST_SHOWN:
                more += 1
                continue
            path = _path(ancestor, root, below)
            found.append(Conflict(duty, ancestor, above.text, above.terms, path))
    return found, unknown, more


def _keeps(own: Licence, duty: Duty, above: Licence) -> bool:
    if duty is Duty.NO_DERIVATIVES:
        return False
    if duty is Duty.NAMED_TERMS:
        return duty in own.duties and own.terms == above.terms
    if duty is Duty.CLOSED:
        return own.family is Family.PROPRIETARY
    return duty in own.duties


def _below(root: str, parents: Mapping[str, list[str]]) -> dict[str, str]:
    """Every ancestor, nearest first → the next node on a shortest path from it to the root."""
    below: dict[str, str] = {}
    row = [root]
    while row:
        following = []
        for node in row:
            for parent in parents.get(node, ()):
                if parent != root and parent not in below:
                    below[parent] = node
                    following.append(parent)
        row = following
    return below


def _path(ancestor: str, root: str, below: Mapping[str, str]) -> tuple[str, ...]:
    path = [ancestor]
    while path[-1] != root:
        path.append(below[path[-1]])
    return tuple(path)
