"""Projects and the groups that take part in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.actions.initiatives import Share, fund
from projects.errors import Conflict
from projects.models import Group, Initiative, Participation, Project, User
from projects.models.events import record_event


@transaction.atomic
def create_project(
    *,
    by: User,
    lead_group: Group,
    slug: str,
    title: str,
    abstract: str,
    visibility: str,
    initiative: Initiative | None = None,
    now: datetime,
) -> Project:
    """A new effort of a group. Raises Conflict if the short name is taken."""
    try:
        with transaction.atomic():
            project = Project.objects.create(
                lead_group=lead_group,
                slug=slug,
                title=title,
                abstract=abstract,
                visibility=visibility,
                initiative=initiative,
                created_by=by,
            )
    except IntegrityError as error:
        raise Conflict(
            _("The short name “%(slug)s” is taken. Choose another.") % {"slug": slug},
            fields={"slug": [_("Taken.")]},
        ) from error
    record_event(
        by=by,
        kind="create_project",
        about=project,
        project=project,
        now=now,
        changes={"title": [None, title], "visibility": [None, visibility]},
    )
    return project


@transaction.atomic
def update_project(
    *, by: User, project: Project, values: dict[str, Any], now: datetime
) -> Project:
    """Change title, abstract, visibility, initiative or funding.

    The short name stays, UNIX users are named by it. Raises Invalid for shares that cannot be.
    """
    funding = values.pop("funding", None)
    changes = {
        name: [getattr(project, name), value]
        for name, value in values.items()
        if getattr(project, name) != value
    }
    for name, (_before, value) in changes.items():
        setattr(project, name, value)
    if changes:
        project.save(update_fields=list(changes))
    told = {name: [_told(before), _told(value)] for name, (before, value) in changes.items()}
    if funding is not None:
        told |= _fund(project, funding)
    if told:
        record_event(
            by=by, kind="update_project", about=project, project=project, now=now, changes=told
        )
    return project


def _told(value: Any) -> Any:
    """What the log says of a value."""
    return value.slug if isinstance(value, Initiative) else value


def _fund(project: Project, shares: Sequence[Share]) -> dict[str, list[str]]:
    """The change of shares for the log; {} if they are as they were."""
    before = "; ".join(str(share) for share in project.funding.all())
    fund(project, shares)
    after = "; ".join(str(share) for share in project.funding.all())
    return {} if before == after else {"funding": [before, after]}


@transaction.atomic
def add_participant(*, by: User, project: Project, group: Group, now: datetime) -> None:
    """Let another group take part. Raises Conflict if it does already."""
    if group.pk == project.lead_group_id:
        raise Conflict(_("This group leads the project already."))
    _row, is_new = Participation.objects.get_or_create(project=project, group=group)
    if not is_new:
        raise Conflict(_("This group takes part already."))
    record_event(
        by=by,
        kind="add_participant",
        about=project,
        project=project,
        now=now,
        changes={"group": [None, str(group.pk)]},
    )


@transaction.atomic
def remove_participant(*, by: User, project: Project, group: Group, now: datetime) -> None:
    """End a group's part. Raises Conflict if it takes no part."""
    deleted, _rows = Participation.objects.filter(project=project, group=group).delete()
    if not deleted:
        raise Conflict(_("This group takes no part in the project."))
    record_event(
        by=by,
        kind="remove_participant",
        about=project,
        project=project,
        now=now,
        changes={"group": [str(group.pk), None]},
    )
