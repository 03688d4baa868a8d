"""Two groups with plans much alike, and a case about them."""

from __future__ import annotations

from datetime import date
from typing import Any

from projects.models import Group, Project, User
from projects.roles import Role
from registry.actions.cases import decide_case, open_case
from registry.actions.comparing import compare_model
from registry.actions.talks import invite_group
from registry.languages import EU
from registry.models import Case, CaseParty, Model, Overlap
from tests import make

BASE: dict[str, Any] = {
    "modality_in": ["text"],
    "modality_out": ["text"],
    "languages": list(EU),
    "tasks": ["general"],
    "training_mode": "from_scratch",
    "parameters": 9_000_000_000,
    "tokens": 4_000_000_000_000,
    "window_start": date(2027, 9, 1),
    "window_end": date(2028, 1, 1),
    "visibility": "partners",
}


def plan(project: Project | None = None, **facts: Any) -> Model:
    """A plan that is much like every other one of these."""
    return make.make_model(project, **{**BASE, **facts})


def led_by(user: User) -> Group:
    """The group that the person leads."""
    return Group.objects.get(memberships__user=user, memberships__role=Role.LEAD)


def flagged_pair(project: Project | None = None, other: Project | None = None) -> Overlap:
    """A plan of the project and a confidential one of another group, compared."""
    ours = plan(project, name="Ours-9B")
    plan(other, name="Secret-9B", visibility="group")
    compare_model(model=ours, now=make.now())
    return Overlap.objects.get()


def case_about(*overlaps: Overlap, by: User | None = None, **values: Any) -> Case:
    return open_case(by=by, overlaps=overlaps, **{"now": make.now(), **values})


def party_of(case: Case, group: Group) -> CaseParty:
    return case.parties.select_related("case", "group", "model").get(group=group)


def invite(case: Case, *groups: Group, by: User) -> None:
    for group in groups:
        text = f"Dear {group.name}"
        invite_group(by=by, party=party_of(case, group), text=text, now=make.now())
    case.refresh_from_db()


def decide(case: Case, *, by: User, **values: Any) -> None:
    values = {"outcome": "coordinate", "reason": "Both want it.", "avoided": None, **values}
    decide_case(by=by, case=case, now=values.pop("now", make.now()), **values)
