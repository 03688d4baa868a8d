"""Opening a case and coming to an outcome: what coordinators decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import User
from projects.models.events import record_event
from projects.models.notices import staff_with
from projects.notices import NoticeKind
from projects.roles import Verb
from registry.actions.case_notices import tell_parties, tell_staff
from registry.models import Case, CaseParty, Model, Overlap, Recusal
from registry.vocabulary import OPEN_CASES, OPEN_STATES, CaseState, Outcome

HELD_FOR = 10  # working days, at most, that an open case holds an award back
REDUNDANT = (Outcome.MERGE, Outcome.COORDINATE, Outcome.REUSE, Outcome.WITHDRAW)


@transaction.atomic
def open_case(
    *,
    by: User | None,
    overlaps: Sequence[Overlap] = (),
    model: Model | None = None,
    because: str = "",
    now: datetime,
) -> Case:
    """A case about pairs, or about one model that says too little to compare.

    Nobody as `by` is the gate. The groups are parties from the beginning; they know of it once
    they are invited. Raises Conflict if a pair is in an open case, Invalid without a pair or
    model, NotAllowed if it is about an effort of one's own group.
    """
    if not overlaps and model is None:
        raise Invalid(_("Name at least one pair of similar efforts."))
    groups = {effort.group_id for row in overlaps for effort in (row.a, row.b)}
    if by is not None and groups & set(by.standing.group_roles):
        raise NotAllowed(_("Your own group is a party to this case. Somebody else handles it."))
    _check_free(overlaps)
    until = working_days_after(now, HELD_FOR)
    case = Case.objects.create(
        about=Case.About.OVERLAP if overlaps else Case.About.MISSING_FACTS,
        owner=by,
        opened_at=now,
        opened_by=by,
        opened_because=because,
        due_at=until,
        holds_until=until,
    )
    case.overlaps.add(*overlaps)
    efforts = {row.a_id: row.a for row in overlaps} | {row.b_id: row.b for row in overlaps}
    if model is not None:
        efforts[model.pk] = model
    CaseParty.objects.bulk_create(
        CaseParty(case=case, model=effort, group_id=effort.group_id)
        for effort in sorted(efforts.values(), key=lambda effort: effort.created_at)
    )
    case.moves.create(at=now, to_state=case.state, by=by, reason=because)
    record_event(by=by, kind="open_case", about=case, now=now, reason=because)
    tell_staff(case, NoticeKind.CASE_OPENED, by=by, now=now)
    return case


@transaction.atomic
def add_overlaps(
    *, by: User | None, case: Case, overlaps: Sequence[Overlap], now: datetime
) -> None:
    """Further pairs come to an open case. Raises Conflict if it is decided."""
    if not case.is_open:
        raise Conflict(_("The case is decided. Reopen it first."))
    _check_free(overlaps, beside=case)
    case.overlaps.add(*overlaps)
    known = set(case.parties.values_list("model", flat=True))
    for effort in {row.a_id: row.a for row in overlaps} | {row.b_id: row.b for row in overlaps}:
        if effort not in known:
            model = Model.objects.get(pk=effort)
            CaseParty.objects.create(case=case, model=model, group_id=model.group_id)
    record_event(by=by, kind="add_overlaps", about=case, now=now)


@transaction.atomic
def assign_case(
    *,
    by: User,
    case: Case,
    owner: User | None,
    deputy: User | None,
    due_at: datetime,
    waiting_on: str,
    now: datetime,
) -> None:
    """Who handles it, who stands in, by when, and who has the next move.

    A later due date does not hold an award back any longer. Raises Invalid for people who do not
    handle cases, or not this one.
    """
    aside = set(case.recusals.values_list("user", flat=True))
    handlers = {
        user.pk
        for user in staff_with(Verb.HANDLE_CASE)
        if user.pk not in aside and not case.is_party(user)
    }
    for name, person in (("owner", owner), ("deputy", deputy)):
        if person is not None and person.pk not in handlers:
            sentence = _(
                "Name a coordinator who is no party to the case and does not stand aside."
            )
            raise Invalid(sentence, fields={name: [sentence]})
    before = {"owner": _name(case.owner), "deputy": _name(case.deputy), "due": f"{case.due_at}"}
    case.owner, case.deputy, case.due_at, case.waiting_on = owner, deputy, due_at, waiting_on
    case.save(update_fields=["owner", "deputy", "due_at", "waiting_on"])
    after = {"owner": _name(owner), "deputy": _name(deputy), "due": f"{due_at}"}
    record_event(
        by=by,
        kind="assign_case",
        about=case,
        now=now,
        changes={name: [before[name], after[name]] for name in after},
    )


@transaction.atomic
def recuse(*, by: User, case: Case, reason: str, now: datetime) -> None:
    """Stand aside: somebody else handles the case, and its confidential side is hidden."""
    Recusal.objects.get_or_create(case=case, user=by, defaults={"reason": reason, "at": now})
    for role in ("owner", "deputy"):
        if getattr(case, f"{role}_id") == by.pk:
            setattr(case, role, None)
    if case.owner is None and case.deputy is not None:
        case.owner, case.deputy = case.deputy, None
    case.save(update_fields=["owner", "deputy"])
    record_event(by=by, kind="recuse", about=case, now=now, reason=reason)


@transaction.atomic
def decide_case(
    *,
    by: User,
    case: Case,
    outcome: str,
    reason: str,
    avoided: tuple[int, int] | None,
    now: datetime,
) -> None:
    """Recommend an outcome; the groups then say whether they agree.

    `avoided` are GPU-seconds from low to high. Raises Conflict if it was decided, Invalid without
    a reason or with a range that runs backwards.
    """
    _lock(case)
    if not reason.strip():
        sentence = _("Give the groups a reason.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    if avoided is not None and not 0 <= avoided[0] <= avoided[1]:
        sentence = _("The GPU-hours avoided run from a lower to a higher amount.")
        raise Invalid(sentence, fields={"avoided": [sentence]})
    low, high = avoided or (None, None)
    _move(
        case,
        CaseState.DECIDED,
        by=by,
        now=now,
        reason=reason,
        outcome=outcome,
        outcome_reason=reason,
        decided_at=now,
        decided_by=by,
        avoided_low=low,
        avoided_high=high,
        waiting_on=Case.WaitingOn.GROUPS,
    )
    # What is settled leaves the queue, whatever a later score says.
    Overlap.objects.filter(cases=case).update(is_settled=True)
    case.parties.update(answer="", answer_text="", answered_at=None, answered_by=None,
                        confirms_avoided=False)  # fmt: skip
    record_event(
        by=by,
        kind="decide_case",
        about=case,
        now=now,
        reason=reason,
        changes={"outcome": [None, outcome], "avoided_gpu_seconds": [None, [low, high]]},
    )
    tell_parties(case, NoticeKind.CASE_DECIDED, by=by, now=now)


@transaction.atomic
def close_case(*, by: User, case: Case, now: datetime) -> None:
    """Put a decided case away. Raises Conflict unless it is decided."""
    _lock(case)
    _move(case, CaseState.CLOSED, by=by, now=now, waiting_on=Case.WaitingOn.NOBODY)
    record_event(by=by, kind="close_case", about=case, now=now)


@transaction.atomic
def reopen_case(*, by: User, case: Case, reason: str, now: datetime) -> None:
    """Take a decided case up again; its outcome stays in the history.

    It holds an award back for ten working days once more. Raises Invalid without a reason,
    Conflict if it is open, or if one of its pairs is in another open case.
    """
    if not reason.strip():
        sentence = _("Say why it is taken up again.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    _lock(case)
    _check_free(case.overlaps.all(), beside=case)
    until = working_days_after(now, HELD_FOR)
    before = case.outcome
    _move(
        case,
        CaseState.OPEN,
        by=by,
        now=now,
        reason=reason,
        outcome="",
        outcome_reason="",
        avoided_low=None,
        avoided_high=None,
        decided_at=None,
        decided_by=None,
        holds_until=until,
        due_at=until,
        waiting_on=Case.WaitingOn.COORDINATOR,
    )
    Overlap.objects.filter(cases=case).update(is_settled=False)
    record_event(
        by=by,
        kind="reopen_case",
        about=case,
        now=now,
        reason=reason,
        changes={"outcome": [before, None]},
    )
    tell_parties(case, NoticeKind.CASE_REOPENED, by=by, now=now)


def working_days_after(moment: datetime, days: int) -> datetime:
    """The same time of day so many working days later; Saturdays and Sundays are none."""
    at, left = moment, days
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < 5
    return at


def open_cases_about(models: Iterable[Model]) -> list[Case]:
    """Undecided cases to which any of the models is a party, the oldest first."""
    keys = [model.pk for model in models]
    rows = Case.objects.undecided().filter(parties__model__in=keys).distinct()
    return list(rows.order_by("opened_at"))


def new_pairs(flagged: Iterable[Overlap]) -> list[Overlap]:
    """Of flagged pairs those that nobody handles and nobody has settled, both still going on.

    An effort that is known from public records alone has nobody here who could answer.
    """
    pairs = Q(pk__in=())
    for row in flagged:
        pairs |= Q(a=row.a_id, b=row.b_id)
    rows = Overlap.objects.filter(pairs, is_settled=False).exclude(cases__state__in=OPEN_CASES)
    rows = rows.filter(a__state__in=OPEN_STATES, b__state__in=OPEN_STATES)
    rows = rows.filter(a__public_record={}, b__public_record={})
    return list(rows.select_related("a", "b"))


def _check_free(overlaps: Iterable[Overlap], beside: Case | None = None) -> None:
    keys = [row.pk for row in overlaps]
    # Of two who open a case about the same pair at once, the second waits here for the first.
    list(
        Overlap.objects.select_for_update()
        .filter(pk__in=keys)
        .order_by("a_id", "b_id")
        .values("pk")
    )
    rows = Case.objects.undecided().filter(overlaps__in=keys)
    taken = (rows.exclude(pk=beside.pk) if beside else rows).first()
    if taken is not None:
        raise Conflict(
            _("Case %(code)s is about one of these pairs already. Add the others to it.")
            % {"code": taken.code}
        )


def _lock(case: Case) -> None:
    states = Case.objects.select_for_update().values_list("state", flat=True)
    case.state = states.get(pk=case.pk)


def _move(case: Case, state: CaseState, *, by: User, now: datetime, **values: Any) -> None:
    if state not in case.MOVES.get(CaseState(case.state), frozenset()):
        raise Conflict(
            _("The case is %(state)s. Reload it to see who was first.")
            % {"state": case.get_state_display()}
        )
    case.move_to(state, now=now, by=by, **values)


def _name(person: User | None) -> str | None:
    return str(person.pk) if person else None
