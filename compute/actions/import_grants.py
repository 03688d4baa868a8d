"""Spreadsheets of other boards' grants: each row is registered as a project would do it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from compute.actions.grants import GrantFacts, register_grant
from compute.models import ExternalGrant, Pool
from compute.quota import BadAmount, gpu_seconds
from projects.actions.imports import Reader, Rows, Step, entry_of, look_at, note_import
from projects.errors import Conflict, Invalid
from projects.models import Import, Project, User

NEEDED = (
    "project", "pool", "board", "reference", "decided_on", "amount", "conversion", "gpu_hours",
    "start", "end",
)  # fmt: skip
OPTIONAL = ("decision", "slurm_account")
UNDOABLE = {"state": ExternalGrant.State.REGISTERED.value}


def grants_reader() -> Reader:
    """How rows of grants are read."""
    return Reader(Import.Kind.GRANTS, NEEDED, OPTIONAL, _step)


@transaction.atomic
def import_grants(*, by: User, rows: Rows, file_name: str, now: datetime) -> Import:
    """Register all that are not registered yet; who knows the decisions confirms each.

    Raises Invalid if any row is wrong, with its line.
    """
    reader = grants_reader()
    found = look_at(reader, rows)
    made = []
    for line, values in enumerate(rows, 2):
        step = next((one for one in found.new if one.line == line), None)
        problem = next((text for number, text in found.problems if number == line), None)
        if problem:
            raise Invalid(_("Line %(n)s: %(why)s") % {"n": line, "why": problem})
        if step is None:
            continue
        project, facts = _read({name: values.get(name, "").strip() for name in reader.columns})
        try:
            grant = register_grant(by=by, project=project, facts=facts, now=now)
        except (Invalid, Conflict) as wrong:
            raise Invalid(_("Line %(n)s: %(why)s") % {"n": line, "why": wrong.detail}) from wrong
        made.append(entry_of(grant, step.name, None, UNDOABLE))
    return note_import(by=by, kind=reader.kind, file_name=file_name, made=made, now=now)


def _step(line: int, values: Mapping[str, str]) -> Step:
    _project, facts = _read(values)
    kept = ExternalGrant.objects.exclude(state=ExternalGrant.State.DECLINED)
    row = kept.filter(board=facts.board, reference=facts.reference, pool=facts.pool).first()
    after: dict[str, Any] = {name: values[name] for name in (*NEEDED, *OPTIONAL) if values[name]}
    # What is registered stays as it is: it may be confirmed already
    return Step(line, f"{facts.board} {facts.reference} {facts.pool.slug}", row,
                after if row else {}, after)  # fmt: skip


def _read(values: Mapping[str, str]) -> tuple[Project, GrantFacts]:
    """Raises Invalid naming the column."""
    empty = [name for name in NEEDED if not values[name]]
    if empty:
        raise Invalid(_("Empty: %(names)s.") % {"names": ", ".join(empty)})
    project = Project.objects.filter(slug=values["project"]).first()
    if project is None:
        raise Invalid(_("No project has the short name “%(slug)s”.") % {"slug": values["project"]})
    pool = Pool.objects.select_related("cluster").filter(slug=values["pool"]).first()
    if pool is None:
        raise Invalid(_("No pool has the short name “%(slug)s”.") % {"slug": values["pool"]})
    try:
        amount = gpu_seconds(values["gpu_hours"].replace(",", "."))
    except BadAmount as wrong:
        raise Invalid(
            _("“%(text)s” is no amount of GPU-hours.") % {"text": values["gpu_hours"]}
        ) from wrong
    return project, GrantFacts(
        pool=pool,
        board=values["board"][:120],
        reference=values["reference"][:80],
        decided_on=_day(values, "decided_on"),
        amount=values["amount"][:120],
        conversion=values["conversion"][:2000],
        gpu_seconds=amount,
        start=_day(values, "start"),
        end=_day(values, "end"),
        decision=values["decision"],
        slurm_account=values["slurm_account"],
    )


def _day(values: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(values[name])
    except ValueError as wrong:
        raise Invalid(
            _("“%(text)s” in %(name)s is no day such as 2027-01-31.")
            % {"text": values[name][:40], "name": name}
        ) from wrong
