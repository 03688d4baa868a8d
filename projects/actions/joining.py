"""Joining an effort instead of competing with it."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.actions.notices import tell
from projects.errors import Conflict, Invalid
from projects.models import Group, JoinRequest, Participation, Project, User
from projects.models.events import record_event
from projects.models.notices import leads_of
from projects.notices import NoticeKind

LONGEST = 5_000


@transaction.atomic
def ask_to_join(
    *, by: User, project: Project, group: Group, text: str, now: datetime
) -> JoinRequest:
    """Ask a project's lead group to take part.

    Raises Invalid without words, Conflict if the group takes part or has asked already.
    """
    if not text.strip() or len(text) > LONGEST:
        sentence = _("Say in at most 5,000 characters what your group would bring.")
        raise Invalid(sentence, fields={"text": [sentence]})
    joined = Participation.objects.filter(project=project, group=group).exists()
    if joined or group.pk == project.lead_group_id:
        raise Conflict(_("Your group takes part in this project already."))
    try:
        with transaction.atomic():
            asked = JoinRequest.objects.create(
                project=project, group=group, text=text, asked_by=by, asked_at=now
            )
    except IntegrityError as error:
        raise Conflict(_("Your group has asked already; the answer is still to come.")) from error
    record_event(
        by=by, kind="ask_to_join", about=asked, project=project, now=now,
        changes={"group": [None, str(group.pk)]},
    )  # fmt: skip
    tell(
        users=leads_of(project.lead_group),
        kind=NoticeKind.JOIN_ASKED,
        path=reverse("project", args=[project.slug]),
        params={"group": group.name, "project": project.title},
        now=now,
        by=by,
    )
    return asked


@transaction.atomic
def answer_join(
    *, by: User, asked: JoinRequest, accepts: bool, answer: str, now: datetime
) -> None:
    """Let a group take part, or not. Raises Conflict if it was answered already."""
    rows = JoinRequest.objects.filter(pk=asked.pk, accepted=None)
    if not rows.update(accepted=accepts, answer=answer, answered_by=by, answered_at=now):
        raise Conflict(_("Somebody answered this already."))
    if accepts:
        Participation.objects.get_or_create(project=asked.project, group=asked.group)
    record_event(
        by=by, kind="answer_join", about=asked, project=asked.project, now=now, reason=answer,
        changes={"accepted": [None, accepts]},
    )  # fmt: skip
    tell(
        users=leads_of(asked.group),
        kind=NoticeKind.JOIN_ANSWERED,
        path=reverse("groups"),
        params={
            "project": asked.project.title,
            "answer": "accepted" if accepts else "declined",
        },
        now=now,
        by=by,
    )
