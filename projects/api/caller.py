"""Who calls."""

from __future__ import annotations

from typing import Any

from projects.models import User


def user_of(request: Any) -> User:
    """The signed-in caller; all but public addresses are behind a log-in."""
    user = request.user
    assert isinstance(user, User)
    return user
