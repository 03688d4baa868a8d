"""Which efforts are worth comparing with one: found by blocks and rare words, in one statement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projects.models.reading import read_rows
from registry.models.models import Model
from registry.models.overlaps import sees_confidential
from registry.models.visibility import member_sql, open_sql
from registry.overlap import Effort
from registry.overlap.blocks import STEP, blocks_of, narrow_blocks
from registry.overlap.effort import NO_FACTS, facts
from registry.overlap.text import searched_words

if TYPE_CHECKING:
    from projects.scoping import Person

# Rows that are looked at in the blocks of its own task: near in time, of its size class and of
# those beside it, in these shares; of every block a few more, the nearest by size and by time.
LOOKED_AT = 200
SHARES = {0: 2, -1: 2, 1: 2, -2: 1, 2: 1}
BESIDES = 3
BY_WORDS = 40
RAREST = 8
COMMON = 400  # a word that more models hold says too little
SINCE = date(2000, 1, 1)

# What partners may see; confidential plans are compared by passes of their own, so that none of
# them takes another's place.
PARTNERS_SEE = (
    "(model.visibility IN ('public', 'partners')"
    " AND (model.embargo_until IS NULL OR model.embargo_until <= CURRENT_DATE))"
)
_OWN_TASK = (
    "SELECT near.model_id FROM unnest(%s::text[], %s::smallint[], %s::int[])"
    " wanted(key, step, most) CROSS JOIN LATERAL ("
    "SELECT block.model_id FROM registry_block block"
    " JOIN registry_model model ON model.id = block.model_id"
    " WHERE block.key = wanted.key AND block.step = wanted.step AND block.day {side} %s"
    " AND {shown} ORDER BY block.day{order}, block.model_id{order} LIMIT wanted.most) near"
)
_NEAR = (
    "SELECT near.model_id FROM unnest(%s::text[]) wanted(key) CROSS JOIN LATERAL ("
    "SELECT block.model_id FROM registry_block block"
    " JOIN registry_model model ON model.id = block.model_id"
    " WHERE block.key = wanted.key AND block.{column} {side} %s AND {shown}"
    " ORDER BY block.{column}{order}, block.model_id{order} LIMIT %s) near"
)
_ROW = """
    model.id::text, model.name, model.modality_in, model.modality_out, model.languages,
    model.tasks, model.domains, model.training_mode, model.parameters, model.tokens,
    model.datasets, model.licence, model.window_start, model.window_end, model.released_on,
    model.group_id::text, team.partner_id::text,
    ARRAY(SELECT partner_id::text FROM registry_model_partners WHERE model_id = model.id),
    model.successor_id::text, model.state, model.asked_gpu_seconds, {confidential}
"""
_FROM = """
    FROM registry_model model JOIN projects_group team ON team.id = model.group_id
"""
_FIND = """
WITH rare(words) AS (
    SELECT string_agg(quote_literal(word), ' | ')::tsquery FROM (
        SELECT word FROM registry_wordcount
        WHERE word = ANY(%s) AND models_count <= {common}
        ORDER BY models_count, word LIMIT {rarest}
    ) known
), spots(id) AS MATERIALIZED (
    {near}
    UNION (
        SELECT model.id FROM rare, registry_model model
        WHERE model.search @@ rare.words AND model.state NOT IN ('withdrawn', 'abandoned')
        AND {shown} ORDER BY model.created_at DESC, model.id LIMIT {by_words}
    )
)
SELECT {row} {tables} JOIN spots ON spots.id = model.id WHERE model.id <> %s
ORDER BY model.created_at, model.id
"""
_SIDES = ((">=", ""), ("<", " DESC"))

# What a model derives from and what derives from it, through models that are seen: step by step,
# so that where there is more than KIN it is the nearest. Each walk ends there.
KIN = 500
_KIN = """
WITH RECURSIVE own(id) AS (
    SELECT id FROM registry_version WHERE model_id = %s
), above(id) AS (
    SELECT id FROM own
    UNION
    SELECT edge.parent_id FROM above JOIN registry_derivation edge ON edge.child_id = above.id
    JOIN registry_version version ON version.id = edge.parent_id
    JOIN registry_model model ON model.id = version.model_id WHERE {shown}
), below(id) AS (
    SELECT id FROM own
    UNION
    SELECT edge.child_id FROM below JOIN registry_derivation edge ON edge.parent_id = below.id
    JOIN registry_version version ON version.id = edge.child_id
    JOIN registry_model model ON model.id = version.model_id WHERE {shown}
)
SELECT version.model_id, true FROM (SELECT id FROM above LIMIT {most}) near
JOIN registry_version version USING (id)
UNION SELECT version.model_id, false FROM (SELECT id FROM below LIMIT {most}) near
JOIN registry_version version USING (id)
"""
_TEXT = "model.description || ' ' || model.intended_users"
_WORDS = f"""
SELECT id, {_TEXT} FROM registry_model model WHERE id = ANY(%s::uuid[])
"""  # noqa: S608 (a constant)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An effort with what the comparison does not look at."""

    effort: Effort
    state: str
    asked_gpu_seconds: int | None
    is_confidential: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose eyes candidates are looked for with: a condition over `model`, and its parameters."""

    condition: str
    params: Sequence[Any]
    reads_amounts: bool = True  # whether what others ask for may show in the stake

    @classmethod
    def of(cls, person: Person) -> Sight:
        """What is compared for the person; staff who read no confidential pairs see as members."""
        if sees_confidential(person):
            return EVERYTHING
        return cls(*member_sql(person, "model"))

    @classmethod
    def of_pages(cls, person: Person) -> Sight:
        """Whose page the person may open at all."""
        return cls(*open_sql(person, "model"))


OPEN = Sight(PARTNERS_SEE, ())
CLOSED = Sight(f"NOT {PARTNERS_SEE}", ())
EVERYTHING = Sight("true", ())


def find(effort: Effort, sight: Sight, today: date) -> list[Candidate]:
    """Efforts that share a block or a rare word with this one, as far as the sight goes.

    In one statement; lineage and words are not read yet.
    """
    mode = effort.training_mode
    keys = blocks_of(effort.modality_out, effort.languages, effort.tasks, mode)
    size, day = _place(effort, today)
    narrow = narrow_blocks(keys)
    wanted = _wanted(narrow, size)
    near = 2 * [*wanted, day, *sight.params]
    near += 2 * [keys, size, *sight.params, BESIDES]
    if size is None:
        near += 2 * [list(narrow), day, *sight.params, LOOKED_AT // len(narrow)]
    else:
        near += 2 * [keys, day, *sight.params, BESIDES]
    mine = _uuid(effort.key)
    statement = _statement(sight.condition)
    params = [searched_words(effort.words), *near, *sight.params, mine]
    rows = read_rows(statement, params, has_one_plan=True)
    return [_candidate(row) for row in rows]


@lru_cache(maxsize=64)
def _statement(shown: str) -> str:
    """The search as one statement, for what a condition shows."""
    near = [_OWN_TASK.format(side=side, order=order, shown=shown) for side, order in _SIDES]
    near += [
        _NEAR.format(column=column, side=side, order=order, shown=shown)
        for column in ("size", "day")
        for side, order in _SIDES
    ]
    return _FIND.format(
        common=COMMON,
        rarest=RAREST,
        by_words=BY_WORDS,
        shown=shown,
        row=_ROW.format(confidential=f"NOT {PARTNERS_SEE}"),
        tables=_FROM,
        near=" UNION ".join(f"({part})" for part in near),
    )


def _place(effort: Effort, today: date) -> tuple[float | None, int]:
    """Decimal logarithm of the size, and the middle of the window in days since 2000.

    Where no window is known, it is looked for around today.
    """
    size = math.log10(effort.parameters) if effort.parameters else None
    begin = effort.begin or effort.end or today
    middle = begin + ((effort.end or begin) - begin) / 2
    return size, (middle - SINCE).days


def _wanted(
    narrow: Mapping[str, float], size: float | None
) -> tuple[list[str], list[int], list[int]]:
    """Narrow block, size class, and how many rows a side in it; none if no size is known."""
    if size is None:
        return [], [], []
    share = LOOKED_AT / (2 * sum(narrow.values()) * sum(SHARES.values()))
    own = math.floor(size / STEP)
    rows = [
        (key, own + away, math.ceil(share * weight * part))
        for key, weight in narrow.items()
        for away, part in SHARES.items()
    ]
    keys, classes, most = zip(*rows, strict=True)
    return list(keys), list(classes), list(most)


def read_candidate(key: UUID) -> Candidate:
    """One model as a candidate with its words, without its lineage."""
    found = read_seen_candidate(key, EVERYTHING)
    if found is None:
        raise Model.DoesNotExist
    return found


def read_seen_candidate(key: UUID, sight: Sight) -> Candidate | None:
    """The same, if the sight shows it."""
    row = _ROW.format(confidential=f"NOT {PARTNERS_SEE}")
    rows = read_rows(
        f"SELECT {row}, {_TEXT} {_FROM} WHERE model.id = %s AND {sight.condition}",
        [key, *sight.params],
        has_one_plan=True,
    )
    if not rows:
        return None
    found = _candidate(rows[0][:-1])
    return replace(found, effort=replace(found.effort, words=rows[0][-1]))


@dataclass(frozen=True, slots=True)
class Kin:
    """The models that one derives from, and those that derive from it, by key."""

    above: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()

    def of(self, mine: Effort, theirs: Effort) -> Effort:
        """The other effort with this one among its ancestors, where it descends from it."""
        if theirs.key not in self.below:
            return theirs
        return replace(theirs, ancestors=theirs.ancestors | {mine.key})


def kin_of(key: UUID, sight: Sight, *, most: int = KIN) -> Kin:
    """The nearest that a model derives from and that derive from it, as far as the sight goes."""
    params = [key, *sight.params, *sight.params]
    rows = read_rows(_KIN.format(shown=sight.condition, most=most + 1), params, has_one_plan=True)
    own = str(key)
    above = frozenset(str(model) for model, is_above in rows if is_above)
    below = frozenset(str(model) for model, is_above in rows if not is_above)
    return Kin(above - {own}, below - {own})


def words_of_models(keys: Sequence[UUID]) -> dict[str, str]:
    """The texts that are compared, by model."""
    return {str(key): text for key, text in read_rows(_WORDS, [_array(keys)])}


def _candidate(row: Sequence[Any]) -> Candidate:
    (key, name, takes, gives, languages, tasks, domains, mode, parameters, tokens, datasets,
     licence, start, end, released, group, partner, partners, successor, state, asked,
     is_confidential) = row  # fmt: skip
    return Candidate(
        effort=Effort(
            key=key,
            name=name,
            modality_in=facts(takes),
            modality_out=facts(gives),
            languages=facts(languages),
            tasks=facts(tasks),
            domains=facts(domains),
            training_mode=mode,
            parameters=parameters,
            tokens=tokens,
            datasets=facts(datasets),
            licence=licence,
            begin=start or released,
            end=end or start or released,
            group=group,
            partners=frozenset((partner, *partners)),
            successors=frozenset([successor]) if successor else NO_FACTS,
        ),
        state=state,
        asked_gpu_seconds=asked,
        is_confidential=is_confidential,
    )


def _array(keys: Sequence[UUID]) -> str:
    """An array as PostgreSQL writes it: quoting hundreds of keys takes longer than the query."""
    return "{" + ",".join(map(str, keys)) + "}"


def _uuid(key: str) -> UUID:
    """The key of a registered model; of what is not registered yet, one that nothing has."""
    try:
        return UUID(key)
    except ValueError:
        return UUID(int=0)


def with_facts(effort: Effort, facts_of: Mapping[str, Any]) -> Effort:
    """An effort as a submitted request froze it (`Model.facts()`)."""
    window = facts_of.get("window") or {}
    begin, end = (date.fromisoformat(d) if d else None for d in map(window.get, ("start", "end")))
    return replace(
        effort,
        modality_in=facts(facts_of.get("modality_in")),
        modality_out=facts(facts_of.get("modality_out")),
        languages=facts(facts_of.get("languages")),
        tasks=facts(facts_of.get("tasks")),
        domains=facts(facts_of.get("domains")),
        training_mode=facts_of.get("training_mode") or "unknown",
        parameters=facts_of.get("parameters"),
        tokens=facts_of.get("tokens"),
        datasets=facts(facts_of.get("datasets")),
        licence=facts_of.get("licence") or "",
        begin=begin or effort.begin,
        end=end or begin or effort.end,
    )
