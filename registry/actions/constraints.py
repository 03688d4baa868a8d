"""Which rule of the database refused a row, so that the refusal can be told in words."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str:
    """The constraint's name, "" if the database named none."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
