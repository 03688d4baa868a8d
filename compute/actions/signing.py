"""The two signatures under a large award: both the same terms, from two people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.actions.granting import Plan
from compute.errors import AlreadyDecided
from compute.models import AwardSignature, Request
from compute.quota import SECONDS_PER_HOUR, gpu_hours
from compute.states import DECIDABLE, RequestState
from projects.actions.notices import tell
from projects.errors import Conflict
from projects.models import User
from projects.models.events import record_event
from projects.models.notices import staff_with
from projects.notices import NoticeKind
from projects.roles import Verb


def needs_two(plan: Plan) -> bool:
    """Whether an award is so large that one person does not decide it."""
    total = sum(grant.gpu_seconds for grant, _months in plan)
    return total > settings.TWO_SIGNATURES_GPU_HOURS * SECONDS_PER_HOUR


def is_second_signature(
    by: User, request: Request, plan: Plan, reason: str, *, now: datetime
) -> bool:
    """Whether somebody else signed the same before; otherwise this is the first signature.

    Raises Conflict if somebody else signed other terms: they are to be talked about, or the
    request is sent back. Raises AlreadyDecided if there is nothing to sign any more.
    """
    state = Request.objects.select_for_update().values_list("state", flat=True).get(pk=request.pk)
    if state not in DECIDABLE:
        request.refresh_from_db()
        raise AlreadyDecided(_("This request is decided already. Reload it to see."))
    signature = AwardSignature.objects.filter(request=request).select_related("by").first()
    terms = _terms(plan)
    if signature is not None and signature.by != by:
        if signature.terms != terms:
            raise Conflict(_differs(signature))
        return True
    values = {"by": by, "at": now, "terms": terms, "reason": reason}
    AwardSignature.objects.update_or_create(request=request, defaults=values)
    if state == RequestState.SUBMITTED:
        request.move_to(RequestState.IN_REVIEW, now=now, by=by, owner=by)
    _announce(by, request, reason, now)
    return False


def _terms(plan: Plan) -> dict[str, dict[str, int]]:
    return {
        str(grant.line.pk): {f"{month:%Y-%m}": months[month] for month in sorted(months)}
        for grant, months in plan
    }


def _differs(signature: AwardSignature) -> Any:
    total = sum(sum(months.values()) for months in signature.terms.values())
    return _(
        "%(who)s signed other terms: %(hours)s GPU-h in all, laid into months in their own way. "
        "Award the same, or send the request back to begin anew."
    ) % {"who": signature.by.shown_name, "hours": gpu_hours(total)}


def _announce(by: User, request: Request, reason: str, now: datetime) -> None:
    record_event(
        by=by, kind="sign_award", about=request, project=request.project, now=now, reason=reason
    )
    tell(
        users=staff_with(Verb.AWARD),
        kind=NoticeKind.AWARD_SIGNED,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title},
        now=now,
        by=by,
    )
