"""One person is told one thing."""

from __future__ import annotations

from typing import Any

from projects.actions.notices import tell
from projects.models import Notice, User
from projects.notices import NoticeKind
from tests import make

AT_ONCE, LATER = NoticeKind.REQUEST_AWARDED, NoticeKind.REQUEST_SUBMITTED


def told(user: User, kind: NoticeKind = AT_ONCE, **values: Any) -> Notice:
    """The notice of an award to a project, unless told otherwise."""
    values = {"path": "/requests/", "params": {"project": "Ours"}, "now": make.now(), **values}
    tell(users=[user], kind=kind, **values)
    return Notice.objects.filter(user=user).latest("at")
