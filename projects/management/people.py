"""People as operators name them on the command line."""

from __future__ import annotations

from django.core.management.base import CommandError

from projects.models import User


def named(name: str) -> User:
    """Who logs in by that name. Raises CommandError."""
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is nobody named {name}.")
    return user
