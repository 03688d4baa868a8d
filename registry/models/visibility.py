"""Who may see a model and what belongs to it: one rule, for the ORM and for SQL of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Func, Q

from projects.roles import Visibility
from projects.scoping import sees_everything

if TYPE_CHECKING:
    from projects.scoping import Person

# One condition for everybody, with nothing joined or asked by a subquery: PostgreSQL would read
# all visible models for each. Parameters: own groups, open visibilities, own projects.
_OPEN = (
    "({group} = ANY(%s) OR ({embargo} IS NULL OR {embargo} <= CURRENT_DATE)"
    " AND ({visibility} = ANY(%s) OR {visibility} = 'project' AND {project} = ANY(%s)))"
)


class _IsOpen(Func):
    """Whether group, project, visibility and embargo let a person see a row."""

    output_field = models.BooleanField()

    def __init__(self, person: Person, prefix: str) -> None:
        names = ("group", "embargo_until", "visibility", "project")
        super().__init__(*(F(f"{prefix}{name}") for name in names))
        self.person = person

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> tuple[str, list[Any]]:
        """The condition over the columns that the expressions name."""
        columns = [compiler.compile(source)[0] for source in self.source_expressions]
        names = ("group", "embargo", "visibility", "project")
        return _OPEN.format(**dict(zip(names, columns, strict=True))), rights_of(self.person)


def rights_of(person: Person) -> list[Any]:
    """Own groups, visibilities that are open to the person, own projects."""
    opened = [Visibility.PUBLIC.value]
    if not person.is_authenticated:
        return [[], opened, []]
    standing = person.standing
    if standing.is_of_partner:
        opened.append(Visibility.PARTNERS.value)
    return [list(standing.own_group_ids), opened, list(standing.project_ids)]


def open_to(person: Person, prefix: str = "") -> Q:
    """The rule of who may see a model, for it and, with a `prefix`, for what belongs to it."""
    return Q() if sees_everything(person) else Q(_IsOpen(person, prefix))


def open_as_member(person: Person, prefix: str = "") -> Q:
    """The same rule for what staff see as members of their own groups, not as staff."""
    return Q(_IsOpen(person, prefix))


def open_sql(person: Person, table: str) -> tuple[str, list[Any]]:
    """The same rule as SQL over the model that a statement calls `table`, with its parameters."""
    return ("true", []) if sees_everything(person) else member_sql(person, table)


def member_sql(person: Person, table: str) -> tuple[str, list[Any]]:
    """The same for what the person's groups alone let them see, whatever their portal role."""
    columns = {
        "group": f"{table}.group_id",
        "embargo": f"{table}.embargo_until",
        "visibility": f"{table}.visibility",
        "project": f"{table}.project_id",
    }
    return _OPEN.format(**columns), rights_of(person)
