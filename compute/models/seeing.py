"""Who sees what a project does on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, Q, QuerySet

from compute.models.clusters import Cluster
from projects.scoping import project_q, sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person

Q_ = TypeVar("Q_", bound="QuerySet[Model]")


def seen(rows: Q_, person: Person, *, cluster: str) -> Q_:
    """To the project's groups, the portal's staff, and the operators of the cluster.

    `cluster` is the way from a row to its cluster; its project is `project`.
    """
    if sees_everything(person):
        return rows
    if not person.is_authenticated:
        return rows.none()
    operated = Cluster.objects.operated_by(person)
    return rows.filter(project_q(person, "project") | Q(**{f"{cluster}__in": operated}))
