"""Around a decision: keeping out of it, talking about it, appealing against it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.actions.requests import DECIDED_WITHIN
from compute.models import AwardSignature, Recusal, Request, RequestMessage
from compute.states import RequestState
from projects.actions.notices import tell
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event
from projects.models.notices import leads_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb


@transaction.atomic
def recuse(*, by: User, request: Request, reason: str, now: datetime) -> None:
    """Keep out of the decision. Raises Conflict if it is decided, or the person is out already."""
    if not request.is_decidable:
        raise Conflict(_("This request is not being decided."))
    _row, is_new = Recusal.objects.get_or_create(
        request=request, user=by, defaults={"reason": reason, "at": now}
    )
    if not is_new:
        raise Conflict(_("You have recused yourself from this request."))
    AwardSignature.objects.filter(request=request, by=by).delete()
    Request.objects.filter(pk=request.pk, owner=by).update(owner=None)
    request.refresh_from_db(fields=["owner"])
    # Only staff read the log of it: a reason may tell of another effort.
    record_event(by=by, kind="recuse", about=request, now=now, reason=reason)


@transaction.atomic
def say(*, by: User, request: Request, text: str, now: datetime) -> RequestMessage:
    """Write to the other side. Raises Invalid without words."""
    if not text.strip():
        sentence = _("Write something.")
        raise Invalid(sentence, fields={"text": [sentence]})
    message = RequestMessage.objects.create(request=request, by=by, text=text.strip(), at=now)
    users = {*leads_of(request.project.lead_group), *([request.owner] if request.owner else [])}
    tell(
        users=users,
        kind=NoticeKind.REQUEST_MESSAGE,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )
    return message


@transaction.atomic
def appeal(*, by: User, request: Request, reason: str, now: datetime) -> None:
    """Ask another quota admin to decide on what was denied. Once.

    Raises Invalid without a reason, Conflict unless it was denied and not appealed before.
    """
    if not reason.strip():
        sentence = _("Say what the decision overlooked.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    rows = Request.objects.select_for_update().filter(pk=request.pk)
    if not rows.filter(state=RequestState.DENIED, appealed_at=None).exists():
        raise Conflict(_("Only a denied request can be appealed, and once."))
    request.move_to(
        RequestState.IN_REVIEW,
        now=now,
        by=by,
        reason=reason,
        appealed_at=now,
        decided_at=None,
        decided_by=None,
        owner=None,
        due_at=now + DECIDED_WITHIN,
    )
    record_event(
        by=by, kind="appeal", about=request, project=request.project, now=now, reason=reason
    )
    tell(
        users=staff_with(Verb.AWARD),
        kind=NoticeKind.REQUEST_APPEALED,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )
