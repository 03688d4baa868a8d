"""The award: capacity, allocations, the ledger and the limit to be set, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.actions import gate
from compute.actions.granting import Grant, Plan, carry_out
from compute.actions.requests import already_decided, check_may_decide
from compute.actions.signing import is_second_signature, needs_two
from compute.errors import AlreadyDecided
from compute.models import Allocation, Request, RequestLine
from compute.quota import gpu_hours, months_in, spread
from compute.states import DECIDABLE, RequestState
from projects.actions.notices import tell
from projects.doorbell import ring
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event
from projects.models.notices import leads_of
from projects.notices import NoticeKind

__all__ = ["Grant", "award", "proposed_months"]


def award(
    *,
    by: User,
    request: Request,
    grants: Sequence[Grant],
    reason: str,
    exception: str = "",
    now: datetime,
) -> list[Allocation]:
    """Grant all or part of a request; one allocation for each line that gets something.

    What gives GPU-hours up is granted without grants. Above CESAI_TWO_SIGNATURES_GPU_HOURS the
    first call signs and grants nothing; the same terms, given by another person, award.

    An open case about its model holds it back for ten working days, unless `exception` says why
    not. What the gate finds stays, also where the award is then refused.
    Raises NotAllowed for one's own project and for the recused, CaseOpen, AlreadyDecided,
    OverCapacity and OverBalance (409), Invalid.
    """
    check_may_decide(by, request)
    beside = gate.pass_gate(request, exception=exception, now=now)
    marks = {"awarded_beside": beside, "exception_reason": exception if beside else ""}
    return _award(by, request, grants, reason, marks, now=now)


@transaction.atomic
def _award(
    by: User,
    request: Request,
    grants: Sequence[Grant],
    reason: str,
    marks: Mapping[str, str],
    *,
    now: datetime,
) -> list[Allocation]:
    """Everything that the award writes, or nothing.

    Of many awards at once over the same capacity those that fit win; the request and the months
    are changed by guarded updates in a fixed order, so nothing waits in a circle.
    """
    plan = _plan(request, grants, now)
    if needs_two(plan) and not is_second_signature(by, request, plan, reason, now=now):
        return []
    _take_request(by, request, reason, now, marks)
    _check_unchanged(request, grants)
    allocations = carry_out(by, request, plan, reason, now=now)
    record_event(
        by=by,
        kind="award",
        about=request,
        project=request.project,
        now=now,
        reason=reason,
        changes={
            str(grant.line.pk): [grant.line.gpu_seconds, grant.gpu_seconds] for grant in grants
        },
    )
    if marks["awarded_beside"]:
        # The project's groups read its log; that there is a case may be confidential.
        record_event(
            by=by,
            kind="award_beside_case",
            about=request,
            now=now,
            reason=marks["exception_reason"],
            changes={"case": [None, marks["awarded_beside"]]},
        )
    tell(
        users=leads_of(request.project.lead_group),
        kind=NoticeKind.REQUEST_AWARDED,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )
    told = [*allocations, *([request.allocation] if request.allocation else [])]
    for slug in sorted({allocation.pool.cluster.slug for allocation in told}):
        ring("compute.sync_cluster", slug)
    return allocations


def proposed_months(line: RequestLine, gpu_seconds: int, now: datetime) -> dict[date, int]:
    """An award by days of the line's window from today on. Raises Invalid if it is over."""
    return spread(gpu_seconds, _begin(line, now), line.end)


def _begin(line: RequestLine, now: datetime) -> date:
    """The first day that an award can still give: what the months before offered has passed."""
    start = max(line.start, now.astimezone(UTC).date())
    if start >= line.end:
        raise Invalid(
            _("The window of this line ended on %(day)s. Send the request back for a new one.")
            % {"day": line.end}
        )
    return start


def _plan(request: Request, grants: Sequence[Grant], now: datetime) -> Plan:
    if not request.asks_for_lines:
        if grants:
            raise Invalid(_("This request gives GPU-hours up; there is nothing to grant."))
        return []
    _check_grants(request, grants)
    given = [grant for grant in grants if grant.gpu_seconds]
    if not given:
        raise Invalid(_("Award at least one line, or deny the request."))
    plan: Plan = []
    for grant in given:
        months = grant.months or proposed_months(grant.line, grant.gpu_seconds, now)
        _check_months(grant, months, now)
        plan.append((grant, {month: amount for month, amount in months.items() if amount}))
    return plan


def _check_grants(request: Request, grants: Sequence[Grant]) -> None:
    lines = [grant.line.pk for grant in grants]
    if len(set(lines)) < len(lines) or any(g.line.request_id != request.pk for g in grants):
        raise Invalid(_("Name each line of this request once."))
    for grant in grants:
        if not 0 <= grant.gpu_seconds <= grant.line.gpu_seconds:
            sentence = _("%(pool)s: %(asked)s GPU-h are asked; award at most that.") % {
                "pool": grant.line.pool,
                "asked": gpu_hours(grant.line.gpu_seconds),
            }
            raise Invalid(sentence, fields={"lines": [sentence]})


def _check_months(grant: Grant, months: Mapping[date, int], now: datetime) -> None:
    if any(amount < 0 for amount in months.values()):
        raise Invalid(_("A month cannot get less than nothing."))
    if not set(months) <= set(months_in(_begin(grant.line, now), grant.line.end)):
        raise Invalid(_("The months must lie in what is left of the window that was asked for."))
    if sum(months.values()) != grant.gpu_seconds:
        raise Invalid(
            _("The months sum up to %(sum)s GPU-h, the award is %(award)s.")
            % {
                "sum": gpu_hours(sum(months.values())),
                "award": gpu_hours(grant.gpu_seconds),
            }
        )


def _take_request(
    by: User, request: Request, reason: str, now: datetime, marks: Mapping[str, str]
) -> None:
    before = request.state
    rows = Request.objects.filter(pk=request.pk, state__in=DECIDABLE)
    taken = rows.update(
        state=RequestState.AWARDED,
        decided_at=now,
        decided_by=by,
        decision_reason=reason,
        **marks,
    )
    if not taken:
        request.refresh_from_db()
        raise AlreadyDecided(already_decided(request))
    request.state = RequestState.AWARDED
    request.moves.create(
        at=now, from_state=before, to_state=RequestState.AWARDED, by=by, reason=reason
    )


def _check_unchanged(request: Request, grants: Sequence[Grant]) -> None:
    """Now that the request is ours: it may have been sent back and changed since it was read."""
    lines = request.lines.filter(pk__in=[grant.line.pk for grant in grants]).count()
    names = ("kind", "allocation_id", "returned_gpu_seconds")
    read = tuple(getattr(request, name) for name in names)
    if lines < len(grants) or Request.objects.values_list(*names).get(pk=request.pk) != read:
        raise Conflict(_("The request was changed meanwhile. Reload it to see."))
