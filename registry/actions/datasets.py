"""Registering datasets and what they derive from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict
from projects.models import Group, Project, User
from projects.models.events import record_event
from projects.roles import Visibility
from registry.actions.audience import is_shown_in
from registry.actions.constraints import broken_constraint
from registry.models import Dataset, DatasetDerivation

Parents = Sequence[tuple[Dataset, str]]  # with the kind of each


@transaction.atomic
def register_dataset(
    *,
    by: User,
    group: Group,
    project: Project | None,
    values: dict[str, Any],
    parents: Parents = (),
    now: datetime,
) -> Dataset:
    """A dataset's description. Raises Conflict if the group has one of that name."""
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                **values,
                group=group,
                project=project,
                created_by=by,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError as error:
        raise _name_taken(values["name"], error) from error
    _derive(dataset, parents)
    _tell(by, "register_dataset", dataset, now, {"name": [None, dataset.name]})
    return dataset


@transaction.atomic
def update_dataset(
    *,
    by: User,
    dataset: Dataset,
    values: dict[str, Any],
    parents: Parents | None = None,
    now: datetime,
) -> Dataset:
    """Change what is told of a dataset; parents that are given replace those that one may see.

    Raises Conflict for a taken name or a circle.
    """
    changes = {
        name: [getattr(dataset, name), value]
        for name, value in values.items()
        if getattr(dataset, name) != value
    }
    for name, (_before, value) in changes.items():
        setattr(dataset, name, value)
    dataset.updated_at = now
    try:
        with transaction.atomic():
            dataset.save(update_fields=[*changes, "updated_at"])
    except IntegrityError as error:
        raise _name_taken(dataset.name, error) from error
    named: list[Dataset] = []
    if parents is not None:
        seen = dataset.parents.filter(parent__in=Dataset.objects.visible_to(by))
        before = [edge.parent for edge in seen.select_related("parent")]
        after = [parent for parent, _kind in parents]
        named = [*before, *after]
        changes["parents"] = [[str(row.pk) for row in rows] for rows in (before, after)]
        seen.delete()
        _derive(dataset, parents)
    _tell(by, "update_dataset", dataset, now, changes, named=named)
    return dataset


def _derive(dataset: Dataset, parents: Parents) -> None:
    try:
        with transaction.atomic():
            DatasetDerivation.objects.bulk_create(
                DatasetDerivation(child=dataset, parent=parent, kind=kind)
                for parent, kind in parents
            )
    except IntegrityError as error:
        sentences = {
            "dataset_acyclic": _("The parent itself derives from this dataset: a circle."),
            "no_own_dataset_parent": _("A dataset cannot derive from itself."),
            "dataset_parent_once": _("Name each parent once."),
        }
        sentence = sentences.get(broken_constraint(error))
        if sentence is None:
            raise
        raise Conflict(sentence, fields={"parents": [sentence]}) from error


def _name_taken(name: str, error: IntegrityError) -> Conflict:
    if broken_constraint(error) != "dataset_name_once_per_group":
        raise error
    return Conflict(
        _("Your group already has a dataset named “%(name)s”.") % {"name": name},
        fields={"name": [_("Taken.")]},
    )


def _tell(
    by: User,
    kind: str,
    dataset: Dataset,
    now: datetime,
    changes: dict[str, list[Any]],
    *,
    named: Sequence[Dataset] = (),
) -> None:
    """In the project's log if all its groups may see the dataset and those named with it."""
    project = dataset.project if dataset.visibility != Visibility.GROUP else None
    shared = project and all(is_shown_in(project, row) for row in named)
    record_event(
        by=by,
        kind=kind,
        about=dataset,
        project=project if shared else None,
        now=now,
        changes=changes,
    )
