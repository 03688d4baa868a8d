"""Keeps who among the auditors read what is confidential."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from projects.models import User
from projects.models.events import record_event
from projects.roles import Role
from registry.models import Case, Overlap


@transaction.atomic
def note_reading(*, by: User, about: Overlap | Case, now: datetime) -> None:
    """An auditor's look at confidential matching is an event of its own; others handle it."""
    if Role.AUDITOR in by.standing.portal_roles:
        record_event(by=by, kind="read_confidential", about=about, now=now)
