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
from registry.models.overlaps import sees_confidential
from registry.models.visibility import member_sql
from registry.overlap import Effort
from registry.overlap.blocks import blocks_of
from registry.overlap.effort import facts
from registry.overlap.text import searched_words

if TYPE_CHECKING:
    from projects.scoping import Person

# Rows of a block of its own task that are looked at by size, up and down, and of those the ones
# kept that are near in size and time together; of a block of a wider task the nearest.
LOOKED_AT, KEPT = 600, 120
LEAST_LOOKED_AT, LEAST_KEPT = 30, 12
BY_WIDER_TASK = 8
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
_SIZED = (
    "(SELECT block.model_id, block.size, block.day FROM registry_block block"
    " JOIN registry_model model ON model.id = block.model_id"
    " WHERE block.key = wanted.key AND block.size {side} %s AND {shown}"
    " ORDER BY block.size{order}, block.model_id{order} LIMIT %s)"
)
_OWN_TASK = """
    SELECT best.model_id FROM unnest(%s::text[]) wanted(key) CROSS JOIN LATERAL (
        SELECT near.model_id FROM ({up} UNION ALL {down}) near
        ORDER BY 2 * abs(near.size - %s) + abs(near.day - coalesce(%s, near.day)) / 365.0,
            near.model_id
        LIMIT %s
    ) best
"""
_NEAR = (
    "SELECT near.model_id FROM unnest(%s::text[]) wanted(key) CROSS JOIN LATERAL ("
    "SELECT block.model_id FROM registry_block block"
    " JOIN registry_model model ON model.id = block.model_id"
    " WHERE block.key = wanted.key AND block.{column} {side} %s AND {shown}"
    " ORDER BY block.{column}{order}, block.model_id{order} LIMIT %s) near"
)
_ROW = """
    model.id, model.name, model.modality_in, model.modality_out, model.languages, model.tasks,
    model.domains, model.training_mode, model.parameters, model.tokens, model.datasets,
    model.licence, model.window_start, model.window_end, model.released_on, model.group_id,
    team.partner_id,
    ARRAY(SELECT partner_id FROM registry_model_partners WHERE model_id = model.id),
    model.successor_id, model.state, model.asked_gpu_seconds, {confidential}
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
_SIDES = (("size", ">=", ""), ("size", "<", " DESC"), ("day", ">=", ""), ("day", "<", " DESC"))

# What a model derives from and what derives from it, through models that are seen.
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
SELECT version.model_id, true FROM above JOIN registry_version version USING (id)
UNION SELECT version.model_id, false FROM below JOIN registry_version version USING (id)
"""
_WORDS = """
SELECT id, description || ' ' || intended_users FROM registry_model WHERE id = ANY(%s::uuid[])
"""


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
        """What the person may see; staff who read no confidential pairs see as members do."""
        if sees_confidential(person):
            return EVERYTHING
        return cls(*member_sql(person, "model"))


OPEN = Sight(PARTNERS_SEE, ())
CLOSED = Sight(f"NOT {PARTNERS_SEE}", ())
EVERYTHING = Sight("true", ())


def find(effort: Effort, sight: Sight, today: date) -> list[Candidate]:
    """Efforts that share a block or a rare word with this one, as far as the sight goes.

    In one statement; lineage and words are not read yet.
    """
    keys = blocks_of(effort.modality_out, effort.languages, effort.tasks)
    own = [key for key in keys if key.rpartition("/")[2] in effort.tasks] or keys
    size, day = _place(effort, today)
    looked_at = max(LEAST_LOOKED_AT, LOOKED_AT // (2 * len(own)))
    kept = max(LEAST_KEPT, KEPT // len(own))
    sized = [size, *sight.params, looked_at]
    near: list[Any] = [own, *sized, *sized, size, day, kept]
    for column, _side, _order in _SIDES:
        near += [keys, size if column == "size" else day, *sight.params, BY_WIDER_TASK]
    mine = _uuid(effort.key)
    statement = _statement(sight.condition)
    rows = read_rows(statement, [searched_words(effort.words), *near, *sight.params, mine])
    return [_candidate(row) for row in rows]


@lru_cache(maxsize=64)
def _statement(shown: str) -> str:
    """The search as one statement, for what a condition shows."""
    own_task = _OWN_TASK.format(
        up=_SIZED.format(side=">=", order="", shown=shown),
        down=_SIZED.format(side="<", order=" DESC", shown=shown),
    )
    wider = [_NEAR.format(column=c, side=s, order=o, shown=shown) for c, s, o in _SIDES]
    return _FIND.format(
        common=COMMON,
        rarest=RAREST,
        by_words=BY_WORDS,
        shown=shown,
        row=_ROW.format(confidential=f"NOT {PARTNERS_SEE}"),
        tables=_FROM,
        near=" UNION ".join(f"({part})" for part in (own_task, *wider)),
    )


def _place(effort: Effort, today: date) -> tuple[float | None, int]:
    """Decimal logarithm of the size, and the middle of the window in days since 2000.

    Where no window is known, it is looked for around today.
    """
    size = math.log10(effort.parameters) if effort.parameters else None
    begin = effort.begin or effort.end or today
    middle = begin + ((effort.end or begin) - begin) / 2
    return size, (middle - SINCE).days


def read_candidate(key: UUID) -> Candidate:
    """One model as a candidate, without its lineage and words."""
    row = _ROW.format(confidential=f"NOT {PARTNERS_SEE}")
    return _candidate(read_rows(f"SELECT {row} {_FROM} WHERE model.id = %s", [key])[0])


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


def kin_of(key: UUID, sight: Sight) -> Kin:
    """What a model derives from and what derives from it, as far as the sight goes."""
    rows = read_rows(_KIN.format(shown=sight.condition), [key, *sight.params, *sight.params])
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
            key=str(key),
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
            group=str(group),
            partners=frozenset(str(p) for p in (partner, *partners)),
            successors=frozenset([str(successor)] if successor else []),
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
