"""Which project's log may tell of a change: all groups of a project read its log."""

from __future__ import annotations

from projects.models import Project
from projects.roles import Visibility
from registry.models import Dataset, Model


def told_in(model: Model, *others: Model | None) -> Project | None:
    """The project whose log tells of it: all its groups read that, also those not shown this.

    None if they may not see one of the `others` that the log would name with it.
    """
    if model.visibility == Visibility.GROUP or model.embargo_until or model.project is None:
        return None
    project = model.project
    is_told = all(
        other.embargo_until is None and is_shown_in(project, other) for other in others if other
    )
    return project if is_told else None


def is_shown_in(project: Project, row: Model | Dataset) -> bool:
    """Whether every group of a project may see a model or dataset, an embargo apart."""
    if row.visibility == Visibility.PROJECT:
        return row.project_id == project.pk
    return row.visibility != Visibility.GROUP
