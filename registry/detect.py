"""Finds similar efforts: for a reader, among what they may see; for the queue, among all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from projects.models.reading import read_rows
from registry.models import Model, Overlap
from registry.models.candidates import (
    CLOSED,
    EVERYTHING,
    OPEN,
    Candidate,
    Kin,
    Sight,
    find,
    kin_of,
    read_candidate,
    with_facts,
    words_of_models,
)
from registry.models.overlaps import sees_confidential
from registry.overlap import WEIGHTS, Assessment, Effort, assess
from registry.overlap.explain import alike, counterfactual, reason
from registry.overlap.scorer import LINE, RELATED, rough_total
from registry.overlap.stake import Stake, avoidable, of_pair
from registry.vocabulary import OPEN_STATES, ModelState

if TYPE_CHECKING:
    from projects.scoping import Person

SHOWN = 20
FINALISTS = 40  # those whose texts are read
MOST_STORED = 20  # of the open ones, and of the confidential ones
STORED = 0.35  # pairs below are not stored unless a case knows them
LEAST_TOTAL = WEIGHTS.total_at(RELATED)  # no text brings a pair from further below to the line


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate, how it compares, and what doing both would cost."""

    candidate: Candidate
    assessment: Assessment
    stake: Stake


def neighbours(
    model: Model, person: Person, *, now: datetime, most: int = SHOWN
) -> list[Described]:
    """The efforts most like a registered one among those that the person may see.

    Three statements whatever is found, none of which reads a row that the person may not see.
    """
    return look_around(read_candidate(model.pk), person, now=now, most=most)


def look_around(
    mine: Candidate, person: Person, *, now: datetime, most: int = SHOWN
) -> list[Described]:
    """The same for facts that may not be registered yet.

    What others ask for is their affair: their stake is told by their public facts alone.
    """
    sight = Sight.of(person)
    if not sees_confidential(person):
        sight = replace(sight, reads_amounts=False)
    return described(mine.effort, compare(mine, sight, now=now, most=most))


def compare(mine: Candidate, sight: Sight, *, now: datetime, most: int = SHOWN) -> list[Found]:
    """The efforts most like this one, the likeliest first; at least related ones only."""
    found = find(mine.effort, sight, now.date())
    if not sight.reads_amounts:
        found = [replace(row, asked_gpu_seconds=None) for row in found]
    kin = kin_of(UUID(mine.effort.key), sight) if _is_registered(mine) else Kin()
    effort = replace(mine.effort, ancestors=mine.effort.ancestors | kin.above)
    mine = replace(mine, effort=effort)
    chosen = _finalists(effort, found, kin, most)
    texts = words_of_models([UUID(row.effort.key) for row in chosen])
    rows = [_scored(mine, _with_words(row, texts), now) for row in chosen]
    rows = [row for row in rows if row.assessment.probability >= RELATED]
    rows.sort(key=lambda row: (-row.assessment.probability, row.candidate.effort.key))
    return rows[:most]


def assess_model(
    model: Model, *, now: datetime, facts: Mapping[str, Any] | None = None
) -> list[Overlap]:
    """Compare a model with everything, store the pairs, and give back the flagged ones.

    `facts` are those that a request froze. Open and confidential efforts are looked for apart, so
    that which open pairs are found does not depend on plans that nobody may see. A pair that
    falls below the line is scored anew and kept if a case knows it.
    """
    mine = read_candidate(model.pk)
    if facts:
        mine = replace(mine, effort=with_facts(mine.effort, facts))
    seen = _with_all_lineage(mine, compare(mine, OPEN, now=now, most=MOST_STORED), now)
    hidden = compare(mine, CLOSED, now=now, most=MOST_STORED)
    known = _known_before(mine, [*seen, *hidden], now)
    return _store(
        mine, [*((row, True) for row in seen), *((r, False) for r in (*hidden, *known))], now
    )


def _known_before(mine: Candidate, found: list[Found], now: datetime) -> list[Found]:
    """Stored pairs that the search did not find again, scored anew."""
    key = UUID(mine.effort.key)
    pairs = Overlap.objects.filter(Q(a=key) | Q(b=key)).values_list("a", "b")
    others = {b if a == key else a for a, b in pairs}
    others -= {UUID(row.candidate.effort.key) for row in found}
    rows = [read_candidate(other) for other in sorted(others)]
    return _with_all_lineage(mine, [_scored(mine, row, now) for row in rows], now)


def _with_all_lineage(mine: Candidate, rows: list[Found], now: datetime) -> list[Found]:
    """The same pairs with lineage that goes through confidential models, too."""
    kin = kin_of(UUID(mine.effort.key), EVERYTHING) if rows else Kin()
    whole = replace(mine, effort=replace(mine.effort, ancestors=kin.above))
    related = kin.above | kin.below
    found = []
    for row in rows:
        theirs = row.candidate
        if theirs.effort.key in related:
            theirs = replace(theirs, effort=kin.of(whole.effort, theirs.effort))
            row = _scored(whole, theirs, now)  # noqa: PLW2901 (the same pair, seen whole)
        found.append(row)
    return found


def _with_words(row: Candidate, texts: Mapping[str, str]) -> Candidate:
    return replace(row, effort=replace(row.effort, words=texts.get(row.effort.key, "")))


def _finalists(
    mine: Effort,
    found: Iterable[Candidate],
    kin: Kin,
    most: int,
) -> list[Candidate]:
    """Those that the text could still bring among the first; all that a gate lets through."""
    points = WEIGHTS.points["text"]
    margin = max(points.values()) - min(points.values())
    scored = []
    for row in found:
        theirs = kin.of(mine, row.effort)
        total = rough_total(mine, theirs)
        if total is not None:
            scored.append((total, row if theirs is row.effort else replace(row, effort=theirs)))
    scored.sort(key=lambda item: (-item[0], item[1].effort.key))
    if not scored:
        return []
    line = max(scored[min(most, len(scored)) - 1][0], LEAST_TOTAL) - margin
    return [row for total, row in scored if total >= line][:FINALISTS]


def _scored(mine: Candidate, theirs: Candidate, now: datetime) -> Found:
    states = {mine.state, theirs.state}
    is_finished = ModelState.RELEASED in states and len(states) > 1
    found = assess(mine.effort, theirs.effort, is_finished=is_finished)
    today = now.date()
    stake = of_pair(_stake(mine, today), _stake(theirs, today))
    return Found(theirs, found, stake)


def _stake(row: Candidate, today: Any) -> Stake:
    effort = row.effort
    return avoidable(
        state=row.state,
        asked_gpu_seconds=row.asked_gpu_seconds,
        parameters=effort.parameters,
        tokens=effort.tokens,
        begin=effort.begin,
        end=effort.end,
        today=today,
    )


def _store(mine: Candidate, rows: Sequence[tuple[Found, bool]], now: datetime) -> list[Overlap]:
    """Write the pairs; what is settled stays settled, and what a case knows is never deleted."""
    # Two models that are compared at once write the same pairs.
    read_rows("SELECT pg_advisory_xact_lock(hashtext('registry_overlap'))", [])
    key = UUID(mine.effort.key)
    rows_of = Overlap.objects.filter(Q(a=key) | Q(b=key))
    known = {(a, b): flags for a, b, *flags in rows_of.values_list("a", "b", *_FOUND_BY)}
    overlaps = [
        _overlap(mine, row, known.get(_pair(mine, row)), is_seen=is_seen, now=now)
        for row, is_seen in rows
        if row.assessment.probability >= STORED or _pair(mine, row) in known
    ]
    Overlap.objects.keep(overlaps)
    low = [row for row in overlaps if row.probability < STORED]
    pairs = Q(pk__in=())
    for row in low:
        pairs |= Q(a=row.a_id, b=row.b_id)
    Overlap.objects.filter(pairs, cases=None, is_settled=False).delete()
    return [row for row in overlaps if row.probability >= LINE]


_FOUND_BY = ("found_by_a", "found_by_b")


def _pair(mine: Candidate, row: Found) -> tuple[UUID, UUID]:
    a, b = sorted((UUID(mine.effort.key), UUID(row.candidate.effort.key)))
    return a, b


def _overlap(
    mine: Candidate, row: Found, known: list[bool] | None, *, is_seen: bool, now: datetime
) -> Overlap:
    """The pair as a row. What the other one's own search found stays; `known` are both flags."""
    theirs, found = row.candidate, row.assessment
    by_a, by_b = known or (False, False)
    is_a = UUID(mine.effort.key) < UUID(theirs.effort.key)
    a, b = (mine, theirs) if is_a else (theirs, mine)
    shared, told = alike(found)
    return Overlap(
        a_id=UUID(a.effort.key),
        b_id=UUID(b.effort.key),
        probability=found.probability,
        kind=found.kind.value,
        reasons=reasons_of(found, a.effort, b.effort),
        counterfactual=_both(found),
        facts_alike=shared,
        facts_told=told,
        stake_low=row.stake.low,
        stake_high=row.stake.high,
        urgency=found.probability * row.stake.middle / 3600,
        found_by_a=is_seen if is_a else by_a,
        found_by_b=by_b if is_a else is_seen,
        is_live=bool({a.state, b.state} & set(OPEN_STATES)),
        is_confidential=a.is_confidential or b.is_confidential,
        weights_version=found.version,
        found_at=now,
        assessed_at=now,
    )


@dataclass(frozen=True, slots=True)
class Described:
    """A neighbour in words, for pages and the API; points as bars in both languages."""

    key: str
    name: str
    probability: float
    kind: str
    reasons: list[dict[str, Any]]
    counterfactual: dict[str, str] | None
    stake: Stake
    alike: tuple[int, int]


def described(mine: Effort, rows: Iterable[Found]) -> list[Described]:
    """What was found, in words."""
    return [
        Described(
            key=row.candidate.effort.key,
            name=row.candidate.effort.name,
            probability=row.assessment.probability,
            kind=row.assessment.kind.value,
            reasons=reasons_of(row.assessment, mine, row.candidate.effort),
            counterfactual=_both(row.assessment),
            stake=row.stake,
            alike=alike(row.assessment),
        )
        for row in rows
    ]


def reasons_of(found: Assessment, a: Effort, b: Effort) -> list[dict[str, Any]]:
    """The bars of the waterfall that have any height, in both languages."""
    rows = []
    for part in found.parts:
        if part.points:
            said = reason(part, a, b)
            rows.append(
                {
                    "feature": part.feature,
                    "level": part.level,
                    "points": round(part.points, 2),
                    "en": said.en,
                    "de": said.de,
                }
            )
    return rows


def _both(found: Assessment) -> dict[str, str] | None:
    said = counterfactual(found)
    return {"en": said.en, "de": said.de} if said else None


def _is_registered(mine: Candidate) -> bool:
    return mine.effort.key.count("-") == 4
