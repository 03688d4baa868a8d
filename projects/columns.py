"""Rows of a list by the columns that its shape shows: no objects are made of them.

Rest Framework and Django's objects take twenty times as long as PostgreSQL and orjson. A shape
whose fields are all columns, or say themselves how they are made of one, is read in one query of
plain values; any other is left to Rest Framework.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, runtime_checkable

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

Row = dict[str, Any]
Reader = Callable[[Row], Any]

# What a column holds is, for these, what JSON shows.
PLAIN: dict[type[Any], tuple[type[models.Field[Any, Any]], ...]] = {
    serializers.CharField: (models.CharField, models.TextField),
    serializers.EmailField: (models.CharField,),
    serializers.SlugField: (models.CharField,),
    serializers.URLField: (models.CharField,),
    serializers.ChoiceField: (models.CharField, models.TextField),
    serializers.BooleanField: (models.BooleanField,),
    serializers.IntegerField: (models.IntegerField,),
    serializers.BigIntegerField: (models.IntegerField,),
    serializers.FloatField: (models.FloatField,),
    serializers.UUIDField: (models.UUIDField,),
    serializers.DateField: (models.DateField,),
    serializers.DateTimeField: (models.DateTimeField,),
    serializers.JSONField: (models.JSONField,),
    serializers.PrimaryKeyRelatedField: (models.ForeignKey,),
}


@runtime_checkable
class OfTheKey(Protocol):
    """A field that is made of the row's `id` and of where the portal is reached."""

    def of_key(self, host: str) -> Callable[[Any], Any]: ...


class Column(NamedTuple):
    """A field of the answer: the columns it needs, and how it is made of a row."""

    needs: tuple[str, ...]
    bind: Callable[[str], Reader]  # by the portal's address


class Plan(NamedTuple):
    """All fields of a shape."""

    columns: tuple[str, ...]
    fields: tuple[tuple[str, Column], ...]

    def rows(self, found: list[Row], host: str) -> list[Row]:
        """As the shape shows them."""
        read = [(name, column.bind(host)) for name, column in self.fields]
        return [{name: reader(row) for name, reader in read} for row in found]


_plans: dict[tuple[Any, Any], Plan | None] = {}


def plan_of(shape: Any, model: Any) -> Plan | None:
    """How to read it by columns; None where a field takes more than that."""
    if (shape, model) not in _plans:
        _plans[shape, model] = _plan(shape(), model, "")
    return _plans[shape, model]


def _plan(shape: Any, model: type[models.Model], path: str) -> Plan | None:
    is_usual = type(shape).to_representation is serializers.Serializer.to_representation
    if not isinstance(shape, serializers.Serializer) or not is_usual:
        return None
    fields: list[tuple[str, Column]] = []
    for name, field in shape.fields.items():
        if field.write_only:
            continue
        column = _column(field, model, path)
        if column is None:
            return None
        fields.append((name, column))
    needs = dict.fromkeys(need for _name, column in fields for need in column.needs)
    return Plan(tuple(needs), tuple(fields))


def _column(field: Any, model: type[models.Model], path: str) -> Column | None:
    if isinstance(field, OfTheKey):
        made: OfTheKey = field
        return Column((f"{path}id",), lambda host: _of_key(made.of_key(host), f"{path}id"))
    found = _way(field, model)
    if found is None:
        return None
    lookup, last = f"{path}{found[0]}", found[1]
    if isinstance(field, serializers.BaseSerializer):
        return _nested(field, last, lookup)
    if isinstance(last, PLAIN.get(type(field), ())):
        return Column((lookup,), lambda _host: itemgetter(lookup))
    if isinstance(field, serializers.RelatedField) or last.is_relation:
        return None
    shown = field.to_representation
    return Column((lookup,), lambda _host: _shown(shown, lookup))


def _way(field: Any, model: type[models.Model]) -> tuple[str, Any] | None:
    """The lookup of a field's source and the column there; None if it is no column."""
    parts: list[str] = field.source.split(".")
    last: Any = None
    at: Any = model
    for number, part in enumerate(parts):
        if number and (last is None or not last.is_relation or last.many_to_many):
            return None
        if number and last.null and not last.auto_created and not field.allow_null:
            return None  # Rest Framework leaves out what leads nowhere
        at = last.related_model if last is not None else at
        try:
            last = at._meta.pk if part == "pk" else at._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if last.one_to_many or last.many_to_many:
            return None
        parts[number] = last.name
    return "__".join(parts), last


def _nested(field: Any, relation: Any, lookup: str) -> Column | None:
    if not relation.is_relation:
        return None
    plan = _plan(field, relation.related_model, f"{lookup}__")
    if plan is None:
        return None
    key = f"{lookup}__pk"

    def bind(host: str) -> Reader:
        read = [(name, column.bind(host)) for name, column in plan.fields]

        def nested(row: Row) -> Row | None:
            if row[key] is None:
                return None
            return {name: reader(row) for name, reader in read}

        return nested

    return Column((*plan.columns, key), bind)


def _of_key(made: Callable[[Any], Any], lookup: str) -> Reader:
    return lambda row: made(row[lookup])


def _shown(shown: Callable[[Any], Any], lookup: str) -> Reader:
    def reader(row: Row) -> Any:
        value = row[lookup]
        return None if value is None else shown(value)

    return reader
