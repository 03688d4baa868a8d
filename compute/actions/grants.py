"""Grants of other boards: a project registers one, who knows the decision confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from compute.actions.granting import open_allocation
from compute.actions.requests import FURTHEST_AHEAD, LONGEST_WINDOW
from compute.models import Allocation, Cluster, ExternalGrant, Pool, Statement
from compute.models.allocations import ACCOUNT_PREFIX
from compute.models.clusters import SLURM_NAME
from projects.access import belongs_to
from projects.actions.notices import tell
from projects.doorbell import ring
from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import Project, User
from projects.models.events import record_event
from projects.models.notices import leads_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb

if TYPE_CHECKING:
    from registry.models import Model

State = ExternalGrant.State


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What the board decided, and how it is told in GPU-seconds."""

    pool: Pool
    board: str
    reference: str
    decided_on: date
    amount: str
    conversion: str
    gpu_seconds: int
    start: date
    end: date
    decision: str = ""
    slurm_account: str = ""
    model: Model | None = None


@transaction.atomic
def register_grant(
    *, by: User, project: Project, facts: GrantFacts, now: datetime
) -> ExternalGrant:
    """Say what another board awarded; it counts once it is confirmed.

    Raises Invalid for what is missing or cannot be, Conflict if it is registered already.
    """
    _check(facts, now)
    values: dict[str, Any] = {name: getattr(facts, name) for name in GrantFacts.__slots__}
    same = ExternalGrant.objects.exclude(state=State.DECLINED).filter(
        board=facts.board, reference=facts.reference, pool=facts.pool
    )
    if same.exists():
        raise Conflict(
            _("%(board)s %(reference)s is registered for this pool already.")
            % {"board": facts.board, "reference": facts.reference}
        )
    grant = ExternalGrant.objects.create(
        project=project, registered_by=by, registered_at=now, **values
    )
    _record(by, "register_grant", grant, now)
    tell(
        users=[*staff_with(Verb.CONFIRM_GRANT), *grant.pool.cluster.staff()],
        kind=NoticeKind.GRANT_REGISTERED,
        path=reverse("grant", args=[grant.pk]),
        params={"project": project.title, "board": grant.board},
        now=now,
        by=by,
    )
    return grant


@transaction.atomic
def confirm_grant(*, by: User, grant: ExternalGrant, remark: str, now: datetime) -> Allocation:
    """The board did decide so: an allocation is opened; the pool's own capacity is not touched.

    Raises NotAllowed for one's own project, Conflict if it was decided on or its window is over.
    """
    Cluster.objects.select_for_update(no_key=True).get(pk=grant.pool.cluster_id)
    _take(by, grant, State.CONFIRMED, remark, now)
    if grant.slurm_account and _is_taken(grant.pool, grant.slurm_account):
        raise Conflict(TAKEN)
    if grant.end <= now.astimezone(UTC).date():
        raise Conflict(_("Its window ended on %(day)s.") % {"day": grant.end})
    allocation = open_allocation(
        Allocation(
            project=grant.project,
            pool=grant.pool,
            origin=Allocation.Origin.EXTERNAL_GRANT,
            start=grant.start,
            end=grant.end,
            gpu_seconds=grant.gpu_seconds,
            slurm_account=grant.slurm_account,
        ),
        by=by,
        source_key=f"grant:external:{grant.pk}",
        now=now,
    )
    grant.allocation = allocation
    grant.save(update_fields=["allocation"])
    _record(by, "confirm_grant", grant, now, remark)
    _answer(grant, by, now)
    ring("compute.sync_cluster", grant.pool.cluster.slug)
    return allocation


@transaction.atomic
def decline_grant(*, by: User, grant: ExternalGrant, remark: str, now: datetime) -> None:
    """The board did not decide so. Raises as confirm_grant, Invalid without a reason."""
    if not remark.strip():
        sentence = _("Say what does not agree with the board's decision.")
        raise Invalid(sentence, fields={"remark": [sentence]})
    _take(by, grant, State.DECLINED, remark, now)
    _record(by, "decline_grant", grant, now, remark)
    _answer(grant, by, now)


@transaction.atomic
def state_on_grant(*, by: User, grant: ExternalGrant, text: str, now: datetime) -> Statement:
    """Say something on it: that it looks like another effort, or more than the plan needs.

    Raises NotAllowed for one's own project, Invalid without words.
    """
    if belongs_to(by, grant.project):
        raise NotAllowed(_("Nobody states anything on a grant of their own project."))
    if not text.strip():
        sentence = _("Write the statement.")
        raise Invalid(sentence, fields={"text": [sentence]})
    statement = Statement.objects.create(grant=grant, text=text, by=by, at=now)
    _record(by, "state_on_grant", grant, now)
    tell(
        users=leads_of(grant.project.lead_group),
        kind=NoticeKind.GRANT_STATEMENT,
        path=reverse("grant", args=[grant.pk]),
        params={"project": grant.project.title, "board": grant.board},
        now=now,
        by=by,
    )
    return statement


def _take(by: User, grant: ExternalGrant, outcome: str, remark: str, now: datetime) -> None:
    if belongs_to(by, grant.project):
        raise NotAllowed(_("Nobody confirms a grant of their own project."))
    rows = ExternalGrant.objects.unconfirmed().filter(pk=grant.pk)
    if not rows.update(state=outcome, confirmed_by=by, confirmed_at=now, remark=remark):
        grant.refresh_from_db()
        raise Conflict(
            _("This grant is %(state)s already.") % {"state": grant.get_state_display()}
        )
    grant.refresh_from_db()


def _check(facts: GrantFacts, now: datetime) -> None:
    wrong: dict[str, list[Any]] = {}
    if facts.end <= facts.start:
        wrong["end"] = [_("The window must end after it begins.")]
    elif facts.end <= now.astimezone(UTC).date():
        wrong["end"] = [_("This window is over.")]
    elif facts.end > now.astimezone(UTC).date() + FURTHEST_AHEAD or (
        facts.end - facts.start > LONGEST_WINDOW
    ):
        wrong["end"] = [_("A window lasts five years at most and ends within ten.")]
    if facts.decided_on > now.astimezone(UTC).date():
        wrong["decided_on"] = [_("Register it once it is decided.")]
    for name in ("board", "reference", "amount", "conversion"):
        if not getattr(facts, name).strip():
            wrong[name] = [_("Say it as the board's letter does.")]
    if facts.slurm_account:
        wrong |= _wrong_account(facts)
    if wrong:
        raise Invalid(_("This grant cannot be registered so."), fields=wrong)


def _wrong_account(facts: GrantFacts) -> dict[str, list[Any]]:
    """An account that others use would book their jobs here."""
    name = facts.slurm_account
    try:
        SLURM_NAME(name)
    except ValidationError as error:
        return {"slurm_account": list(error.messages)}
    parents = (facts.pool.cluster.parent_account, "root")
    if name.startswith(ACCOUNT_PREFIX) or name in parents:
        return {"slurm_account": [_("This account is not a grant's; leave it empty for one of "
                                    "the portal's own.")]}  # fmt: skip
    return {"slurm_account": [TAKEN]} if _is_taken(facts.pool, name) else {}


TAKEN = _("Another allocation on this cluster is booked by this account already.")


def _is_taken(pool: Pool, name: str) -> bool:
    rows = Allocation.objects.filter(pool__cluster=pool.cluster_id, slurm_account=name)
    return rows.exists()


def _record(by: User, kind: str, grant: ExternalGrant, now: datetime, reason: str = "") -> None:
    record_event(by=by, kind=kind, about=grant, project=grant.project, now=now, reason=reason)


def _answer(grant: ExternalGrant, by: User, now: datetime) -> None:
    tell(
        users=leads_of(grant.project.lead_group),
        kind=NoticeKind.GRANT_ANSWERED,
        path=reverse("grant", args=[grant.pk]),
        params={"project": grant.project.title, "board": grant.board, "answer": grant.state},
        now=now,
        by=by,
    )
