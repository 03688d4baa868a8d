"""Who hears of what happens in a case; nobody reads more of the other side than they may."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from projects.actions.notices import tell
from projects.models import User
from projects.models.notices import leads_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb
from registry.models import Case, CaseParty


def tell_staff(case: Case, kind: NoticeKind, *, by: User | None, now: datetime) -> None:
    """Its owner and deputy, or all coordinators while it has none; not those who stand aside."""
    handlers = [person for person in (case.owner, case.deputy) if person]
    aside = set(case.recusals.values_list("user", flat=True))
    chosen = handlers or list(staff_with(Verb.HANDLE_CASE))
    own = ", ".join(case.parties.values_list("model__name", flat=True)[:1])
    tell(
        users=[
            person for person in chosen if person.pk not in aside and not case.is_party(person)
        ],
        kind=kind,
        path=reverse("case", args=[case.pk]),
        params={"code": case.code, "model": own},
        now=now,
        by=by,
    )


def tell_party(party: CaseParty, kind: NoticeKind, *, by: User | None, now: datetime) -> None:
    """The leads of one group, who read the name of their own effort only."""
    tell(
        users=leads_of(party.group),
        kind=kind,
        path=reverse("case", args=[party.case_id]),
        params={"code": party.case.code, "model": party.model.name},
        now=now,
        by=by,
    )


def tell_parties(case: Case, kind: NoticeKind, *, by: User | None, now: datetime) -> None:
    """The leads of every group that was invited."""
    invited = case.parties.exclude(invited_at=None).select_related("group", "model", "case")
    for party in invited:
        tell_party(party, kind, by=by, now=now)
