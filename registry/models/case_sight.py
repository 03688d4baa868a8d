"""What of a case a person may read: all of it, the open side, or their own side alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet, prefetch_related_objects

from projects.scoping import sees_everything
from registry.models.cases import Case, CaseMessage, CaseParty, Recusal
from registry.models.models import Model
from registry.models.overlaps import Overlap, sees_confidential

if TYPE_CHECKING:
    from projects.models import User

HOUR = 3600


@dataclass(frozen=True, slots=True)
class CaseSight:
    """The parts of a case that one person may read.

    `stake` is a range of GPU-hours; whoever may not read the confidential side gets it rounded to
    one digit, so that no request can be recognised by its amount. `hidden` tells that there is
    more than what is shown, without counting it.
    """

    case: Case
    parties: list[CaseParty]
    own: list[CaseParty]
    overlaps: list[Overlap]
    messages: list[CaseMessage]
    stake: tuple[float, float]
    is_handler: bool
    reads_reason: bool  # why it was opened; a coordinator's own words may name the other side
    hidden: bool


def sight_of(case: Case, person: User) -> CaseSight:
    """What the person may read of a case that they may see."""
    parties = list(
        case.parties.select_related("model__group__partner", "group__partner", "answered_by")
    )
    own = _own(parties, person)
    reads_all = _reads_all(person, own, stands_aside=case.recusals.filter(user=person.pk).exists())
    shown = parties if reads_all else _shown(parties, own, person)
    seen = {party.model_id for party in shown}
    pairs = list(case.overlaps.select_related("a__group__partner", "b__group__partner"))
    return CaseSight(
        case=case,
        parties=shown,
        own=own,
        overlaps=[row for row in pairs if row.a_id in seen and row.b_id in seen],
        messages=list(_messages(case, own, reads_all=reads_all)),
        stake=_stake(pairs, is_rounded=not reads_all),
        is_handler=reads_all and person.standing.handles_cases,
        reads_reason=reads_all or case.opened_by_id is None,
        hidden=len(shown) < len(parties),
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """One line about a case: models of it that the person may read of, and `CaseSight.stake`."""

    names: list[str]
    stake: tuple[float, float]


def glances_at(cases: Sequence[Case], person: User) -> dict[UUID, Glance]:
    """A line about each of several cases, by their keys, with as many queries as for one."""
    prefetch_related_objects(cases, "parties__model", "overlaps")
    parties = {case.pk: list(case.parties.all()) for case in cases}
    models = {party.model_id for rows in parties.values() for party in rows}
    open_models = set(
        Model.objects.open_to_partners().filter(pk__in=models).values_list("pk", flat=True)
    )
    recusals = Recusal.objects.filter(user=person.pk, case__in=cases)
    aside = set(recusals.values_list("case", flat=True))
    found: dict[UUID, Glance] = {}
    for case in cases:
        own = _own(parties[case.pk], person)
        reads_all = _reads_all(person, own, stands_aside=case.pk in aside)
        names = [
            party.model.name
            for party in parties[case.pk]
            if reads_all or party in own or party.model_id in open_models
        ]
        found[case.pk] = Glance(
            sorted(names), _stake(case.overlaps.all(), is_rounded=not reads_all)
        )
    return found


def _own(parties: Iterable[CaseParty], person: User) -> list[CaseParty]:
    groups = set(person.standing.group_roles)
    return [party for party in parties if party.group_id in groups]


def _reads_all(person: User, own: list[CaseParty], *, stands_aside: bool) -> bool:
    return sees_confidential(person) and not own and not stands_aside


def _shown(parties: list[CaseParty], own: list[CaseParty], person: User) -> list[CaseParty]:
    """One's own side, what one may see anyway, and, where all agreed, the other side."""
    if sees_everything(person) and not own:
        # Staff who do not read confidential plans here: what any partner may see, and no more.
        open_models = set(
            Model.objects.open_to_partners()
            .filter(pk__in=[party.model_id for party in parties])
            .values_list("pk", flat=True)
        )
        return [party for party in parties if party.model_id in open_models]
    mine = {party.pk for party in own}
    visible = set(
        Model.objects.visible_as_member(person)
        .filter(pk__in=[party.model_id for party in parties])
        .values_list("pk", flat=True)
    )
    introduced = all(party.is_introducible for party in parties)
    return [
        party for party in parties if party.pk in mine or party.model_id in visible or introduced
    ]


def _messages(case: Case, own: list[CaseParty], *, reads_all: bool) -> QuerySet[CaseMessage]:
    rows = case.messages.select_related("by", "party__group")
    if reads_all:
        return rows
    invited = [party.pk for party in own if party.invited_at]
    if not invited:
        return rows.none()
    return rows.filter(Q(is_for_all=True) | Q(party__in=invited))


def _stake(pairs: Iterable[Overlap], *, is_rounded: bool) -> tuple[float, float]:
    rows = [row for row in pairs if row.stake_high]
    low = min((row.stake_low for row in rows), default=0) / HOUR
    high = max((row.stake_high for row in rows), default=0) / HOUR
    return (_rounded(low), _rounded(high)) if is_rounded else (low, high)


def _rounded(hours: float) -> float:
    """To one significant digit."""
    return float(f"{hours:.1g}")
