"""Asking for GPU-hours, up to the decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.actions import gate
from compute.actions.kinds import Ask, Asked, check_kind
from compute.models import AwardSignature, Request, RequestLine
from compute.states import RequestState
from projects.access import belongs_to
from projects.actions.notices import tell
from projects.doorbell import ring
from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import Project, User
from projects.models.events import record_event
from projects.models.notices import leads_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb

DECIDED_WITHIN = timedelta(days=14)
LONGEST_WINDOW = timedelta(days=5 * 366)
FURTHEST_AHEAD = timedelta(days=10 * 366)


@transaction.atomic
def create_request(*, by: User, project: Project, asked: Asked, now: datetime) -> Request:
    """A draft that only the project's groups see. Raises Invalid for what cannot be asked."""
    check_kind(project, asked)
    request = Request.objects.create(
        project=project, created_by=by, created_at=now, **asked.fields()
    )
    _write_lines(request, asked.lines, now)
    request.moves.create(at=now, to_state=request.state, by=by)
    _record(by, "create_request", request, now)
    return request


@transaction.atomic
def update_request(*, by: User, request: Request, asked: Asked, now: datetime) -> None:
    """Change a draft, or one that was sent back. Raises Conflict in any other state, Invalid."""
    _lock(request)
    if request.waiting_on != "applicant":
        raise Conflict(_("It was submitted; ask the reviewers to send it back, then change it."))
    check_kind(request.project, asked)
    fields = asked.fields()
    for name, value in fields.items():
        setattr(request, name, value)
    request.save(update_fields=list(fields))
    request.lines.all().delete()
    _write_lines(request, asked.lines, now)
    _record(by, "update_request", request, now)


@transaction.atomic
def submit_request(*, by: User, request: Request, now: datetime) -> None:
    """Hand a draft in; the model's facts are frozen with it.

    Raises Invalid if a training request names no model or leaves "why not reuse or join?" open,
    Conflict if it was submitted already.
    """
    _lock(request)
    _check_complete(request)
    resubmitted = request.state == RequestState.CHANGES_REQUESTED
    _move(
        request,
        RequestState.IN_REVIEW if resubmitted else RequestState.SUBMITTED,
        by=by,
        now=now,
        submitted_at=now,
        due_at=now + DECIDED_WITHIN,
        facts=request.model.facts() if request.model else None,
        compared_at=None,
    )
    gate.note_hours(request, now=now)
    ring("compute.compare_requests")
    _record(by, "submit_request", request, now)
    tell(
        users=staff_with(Verb.AWARD),
        kind=NoticeKind.REQUEST_SUBMITTED,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )


@transaction.atomic
def review_request(*, by: User, request: Request, comment: str, now: datetime) -> None:
    """Take a request on. Raises Conflict unless it was just submitted, NotAllowed if recused."""
    check_not_recused(by, request)
    _lock(request)
    _move(request, RequestState.IN_REVIEW, by=by, now=now, reason=comment, owner=by)
    _record(by, "review_request", request, now, comment)


@transaction.atomic
def return_request(*, by: User, request: Request, comment: str, now: datetime) -> None:
    """Send a request back. Raises Conflict if it was decided, Invalid without words."""
    check_not_recused(by, request)
    _need("comment", comment, _("Say what should be changed."))
    _lock(request)
    _move(request, RequestState.CHANGES_REQUESTED, by=by, now=now, reason=comment, owner=by)
    _record(by, "return_request", request, now, comment)
    _tell(NoticeKind.REQUEST_RETURNED, request, by, now)


@transaction.atomic
def deny_request(*, by: User, request: Request, reason: str, now: datetime) -> None:
    """Say no. Raises NotAllowed for one's own project, Conflict if it was decided, Invalid."""
    check_may_decide(by, request)
    _need("reason", reason, _("Give the applicants a reason."))
    _lock(request)
    _move(
        request,
        RequestState.DENIED,
        by=by,
        now=now,
        reason=reason,
        decided_at=now,
        decided_by=by,
        denied_by=by,
        decision_reason=reason,
    )
    gate.note_hours(request, now=now)
    _record(by, "deny_request", request, now, reason)
    _tell(NoticeKind.REQUEST_DENIED, request, by, now)


@transaction.atomic
def withdraw_request(*, by: User, request: Request, now: datetime) -> None:
    """Take a request back. Raises Conflict if it was decided."""
    _lock(request)
    _move(request, RequestState.WITHDRAWN, by=by, now=now)
    gate.note_hours(request, now=now)
    _record(by, "withdraw_request", request, now)


def check_may_decide(by: User, request: Request) -> None:
    """Raise NotAllowed for one's own project, the recused, and who denied what is appealed."""
    if belongs_to(by, request.project):
        raise NotAllowed(_("Nobody decides on a request of their own project."))
    check_not_recused(by, request)
    if request.appealed_at and request.denied_by_id == by.pk:
        raise NotAllowed(_("You denied this request; another quota admin decides on the appeal."))


def check_not_recused(by: User, request: Request) -> None:
    """Raise NotAllowed for a person who keeps out of this request."""
    if request.recusals.filter(user=by).exists():
        raise NotAllowed(_("You have recused yourself from this request."))


def already_decided(request: Request) -> str:
    """Who moved the request on, and when, as a sentence."""
    return _("This request is %(state)s already (%(who)s, %(when)s). Reload it to see.") % {
        "state": request.get_state_display(),
        "who": request.decided_by.shown_name if request.decided_by else _("by its applicants"),
        "when": f"{request.decided_at or request.created_at:%Y-%m-%d %H:%M} UTC",
    }


def _lock(request: Request) -> None:
    locked = Request.objects.select_for_update().values_list("state", flat=True)
    request.state = locked.get(pk=request.pk)


def _move(
    request: Request,
    state: RequestState,
    *,
    by: User,
    now: datetime,
    reason: str = "",
    **values: object,
) -> None:
    if state not in request.MOVES.get(RequestState(request.state), frozenset()):
        request.refresh_from_db()
        raise Conflict(already_decided(request))
    request.move_to(state, now=now, by=by, reason=reason, **values)
    AwardSignature.objects.filter(request=request).delete()  # it was under what is no more


def _check_complete(request: Request) -> None:
    missing = {}
    if request.asks_for_lines and not request.lines.exists():
        missing["lines"] = [_("Ask for GPU-hours in at least one pool.")]
    if request.purpose == Request.Purpose.TRAINING and request.asks_for_lines:
        if request.model is None:
            missing["model"] = [_("A training request names the model it is for. Plan it first.")]
        if not request.why_not_reasons or not request.why_not_text.strip():
            missing["why_not_reuse"] = [
                _("Say why you do not reuse or join another effort: a reason and a sentence.")
            ]
    if missing:
        raise Invalid(_("The request is not complete yet."), fields=missing)


def _write_lines(request: Request, lines: Sequence[Ask], now: datetime) -> None:
    today = now.astimezone(UTC).date()
    for number, line in enumerate(lines, start=1):
        problem = _window_problem(line, today)
        if problem:
            sentence = _("Line %(n)s: %(problem)s") % {"n": number, "problem": problem}
            raise Invalid(sentence, fields={"lines": [sentence]})
    RequestLine.objects.bulk_create(
        RequestLine(request=request, position=position, **line._asdict())
        for position, line in enumerate(lines)
    )


def _window_problem(line: Ask, today: date) -> Any:
    if line.end <= line.start:
        return _("the window must end after it begins.")
    if line.end <= today:
        return _("the window ended on %(day)s.") % {"day": line.end}
    if line.end - line.start > LONGEST_WINDOW:
        return _("the window may be five years long at most.")
    if line.end - today > FURTHEST_AHEAD:
        return _("the window may end ten years from now at most.")
    return None


def _need(field: str, text: str, sentence: Any) -> None:
    if not text.strip():
        raise Invalid(sentence, fields={field: [sentence]})


def _tell(kind: NoticeKind, request: Request, by: User, now: datetime) -> None:
    """The leads of the project's leading group hear of a decision."""
    tell(
        users=leads_of(request.project.lead_group),
        kind=kind,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )


def _record(by: User, kind: str, request: Request, now: datetime, reason: str = "") -> None:
    record_event(
        by=by, kind=kind, about=request, project=request.project, now=now, reason=reason,
        changes={"state": [None, request.state]},
    )  # fmt: skip
