"""MLflow's searches: filters as conditions of one query, pages by the last row that was sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, TextField, When
from django.db.models.expressions import CombinedExpression, Func, Value

from registry.mlflow.caller import Caller
from registry.mlflow.errors import invalid
from registry.mlflow.filters import EQUAL, NUMBER, TEXT, Clause, Order, read_filter, read_order
from registry.mlflow.names import keys_named, models_of, prefix_of, shown_name
from registry.mlflow.params import Params
from registry.mlflow.rows import LISTED, ModelRow, read_by_name, read_models
from registry.models import Derivation, Model, Version
from registry.models.sources import COPIED
from registry.vocabulary import ModelState

IS_PROMPT = "mlflow.prompt.is_prompt"
BASE = "cesai.base_model"
MODEL_ATTRIBUTES = {"name": TEXT}
VERSION_ATTRIBUTES = {
    "name": TEXT,
    "run_id": TEXT,
    "source_path": EQUAL,
    "version_number": NUMBER,
}
MODEL_ORDERS = {"name": "shown", "last_updated_timestamp": "updated_at", "timestamp": "updated_at"}
VERSION_ORDERS = {
    "name": "shown",
    "version_number": "number",
    "creation_timestamp": "created_at",
    "last_updated_timestamp": "updated_at",
}
MOST_MODELS, MOST_VERSIONS = 1000, 200_000
SALT = "mlflow page"


class Like(Func):
    """SQL's LIKE without an escape character, as SQLite knows it."""

    template = "(%(expressions)s ESCAPE '')"
    arg_joiner = " LIKE "
    output_field = BooleanField()


class ILike(Like):
    arg_joiner = " ILIKE "


def search_models(params: Params, caller: Caller) -> tuple[list[ModelRow], str]:
    """One page of registered models and the token of the next, "" if there is none."""
    clauses = read_filter(params.optional("filter"), MODEL_ATTRIBUTES)
    orders = read_order(params.texts("order_by"), MODEL_ORDERS, bare=True)
    if "shown" not in {order.key for order in orders}:
        orders.append(Order("shown", False))
    size = params.number("max_results", 100, MOST_MODELS)
    after = _read_token(params, orders)
    others, only_prompts = _without_prompts(clauses)
    if not (others or only_prompts) and orders == [Order("shown", False)] and caller.home:
        found = read_by_name(caller, prefix_of(caller), after[0] if after else "", size + 1)
        last = [{"shown": row.name} for row in found]
        return found[:size], _token(last, size, orders)
    rows = _filtered(models_of(caller), clauses, caller, prefix="")
    keys, token = _cut(_models(rows, orders, after, caller, size + 1), size, orders)
    return read_models(caller, LISTED, [keys]), token


def search_versions(params: Params, caller: Caller) -> tuple[list[UUID], str]:
    """One page of versions and the token of the next, "" if there is none."""
    clauses = read_filter(params.optional("filter"), VERSION_ATTRIBUTES)
    orders = read_order(params.texts("order_by"), VERSION_ORDERS)
    known = {order.key for order in orders}
    if not orders:
        orders = [Order("updated_at", True)]
    orders += [
        order for order in (Order("shown", False), Order("number", True)) if order.key not in known
    ]
    size = params.number("max_results", 10_000, MOST_VERSIONS)
    after = _read_token(params, orders)
    rows = Version.objects.visible_to(caller.user).numbered()
    rows = rows.exclude(model__state=ModelState.WITHDRAWN)
    rows = _filtered(rows, clauses, caller, prefix="model__")
    page = _page(rows.annotate(shown=shown_name(caller.home, "model__")), orders, after)
    return _cut(page.values("id", *(order.key for order in orders))[: size + 1], size, orders)


def _models(
    rows: QuerySet[Model], orders: Sequence[Order], after: list[Any], caller: Caller, most: int
) -> Any:
    """The rows of a page; by name alone as walks along two indexes, which PostgreSQL merges."""
    columns = ("id", *(order.key for order in orders))
    if [order.key for order in orders] != ["shown"] or caller.home is None:
        page = _page(rows.annotate(shown=shown_name(caller.home)), orders, after)
        return page.values(*columns)[:most]
    # The home group's qualified names stand together; walking over them would cost their number.
    prefix = prefix_of(caller)
    parts = []
    for condition, column in (
        (Q(group=caller.home), "name"),
        (Q(qualified__lt=prefix), "qualified"),
        (Q(qualified__gte=f"{prefix[:-1]}/"), "qualified"),
    ):
        own = [Order(column, orders[0].is_descending)]
        part = _page(rows.filter(condition).annotate(shown=F(column)), own, after)
        parts.append(part.values(*columns)[:most])
    way = "-shown" if orders[0].is_descending else "shown"
    return parts[0].union(*parts[1:], all=True).order_by(way)[:most]


def _filtered(rows: Any, clauses: Sequence[Clause], caller: Caller, *, prefix: str) -> Any:
    if not prefix:
        clauses, only_prompts = _without_prompts(clauses)
        marked = Q(tags__contains={IS_PROMPT: "true"})
        rows = rows.filter(marked if only_prompts else ~marked)
    for clause in clauses:
        rows = (
            _tagged(rows, clause, caller) if clause.is_tag else _told(rows, clause, caller, prefix)
        )
    return rows


def _without_prompts(clauses: Sequence[Clause]) -> tuple[list[Clause], bool]:
    """MLflow keeps prompts beside models; they come only to those who ask for them by this tag."""
    about = [clause for clause in clauses if clause.is_tag and clause.key == IS_PROMPT]
    asked = any((c.sign, c.value) in {("=", "true"), ("!=", "false")} for c in about)
    return [clause for clause in clauses if clause not in about], asked


def _told(rows: Any, clause: Clause, caller: Caller, prefix: str) -> Any:
    if clause.key != "name":
        column = {"source_path": "source", "version_number": "number"}.get(clause.key, clause.key)
        if column in {"source", "run_id"}:
            if clause.sign == "=" and clause.value:  # what is not hidden, by index
                rows = rows.filter(**{column: clause.value})
            return _compared(rows, _shown(column, caller), clause, "")
        return _compared(rows, F(column), clause, column)
    if clause.sign in {"=", "IN"} and isinstance(clause.value, (str, tuple)):
        names = (clause.value,) if isinstance(clause.value, str) else clause.value
        return rows.filter(**{"model__in" if prefix else "pk__in": keys_named(names, caller)})
    return _compared(rows, shown_name(caller.home, prefix), clause, "")


def _shown(column: str, caller: Caller) -> Any:
    """A column of a version as it is told: of a copy of what is hidden neither source nor run."""
    seen = Derivation.objects.visible_to(caller.user).filter(child=OuterRef("pk"), note=COPIED)
    hidden = When(Q(source__startswith="models:/") & ~Exists(seen), then=Value(""))
    return Case(hidden, default=F(column))


def _tagged(rows: Any, clause: Clause, caller: Caller) -> Any:
    if clause.key == BASE:
        return _deriving(rows, clause, caller)
    if clause.sign == "=":
        return rows.filter(tags__contains={clause.key: clause.value})
    has = rows.filter(tags__has_key=clause.key)
    value = CombinedExpression(F("tags"), "->>", Value(clause.key), output_field=TextField())
    return _compared(has, value, clause, "")


def _deriving(rows: Any, clause: Clause, caller: Caller) -> Any:
    """By base model: a derivation that the caller may see, not a stored word."""
    if clause.sign != "=":
        raise invalid(f"The tag {BASE} can be compared by = only.")
    edges = Derivation.objects.visible_to(caller.user)
    own = Q(parent__model__group=caller.home, parent__model__name=clause.value, literal="")
    edges = edges.filter(Q(literal=clause.value) | Q(parent__model__qualified=clause.value) | own)
    column = "versions__in" if rows.model is Model else "pk__in"
    return rows.filter(**{column: edges.values("child")}).distinct()


def _compared(rows: Any, value: Any, clause: Clause, column: str) -> Any:
    sign, wanted = clause.sign, clause.value
    if sign in {"LIKE", "ILIKE"}:
        kind = Like if sign == "LIKE" else ILike
        return rows.filter(kind(value, Value(wanted)))
    name = column or "compared"
    if not column:
        rows = rows.alias(compared=value)
    lookups = {"=": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte", "IN": "__in"}
    if sign == "!=":
        return rows.exclude(**{name: wanted})
    if sign == "NOT IN":
        return rows.exclude(**{f"{name}__in": wanted})
    return rows.filter(**{f"{name}{lookups[sign]}": wanted})


def _page(rows: Any, orders: Sequence[Order], after: list[Any]) -> Any:
    if after:
        rows = rows.filter(_beyond(orders, after))
    return rows.order_by(*(f"-{o.key}" if o.is_descending else o.key for o in orders))


def _beyond(orders: Sequence[Order], values: list[Any]) -> Q:
    """Rows after the one with these values."""
    after, same = Q(), Q()
    for order, value in zip(orders, values, strict=True):
        sign = "lt" if order.is_descending else "gt"
        after |= same & Q(**{f"{order.key}__{sign}": value})
        same &= Q(**{order.key: value})
    return after


def _cut(
    rows: Iterable[dict[str, Any]], size: int, orders: Sequence[Order]
) -> tuple[list[UUID], str]:
    """The ids of a page and the token of the next."""
    found = list(rows)
    return [row["id"] for row in found[:size]], _token(found, size, orders)


def _token(rows: Sequence[dict[str, Any]], size: int, orders: Sequence[Order]) -> str:
    if len(rows) <= size:
        return ""
    last = rows[size - 1]
    values = [_plain(last[order.key]) for order in orders]
    return signing.dumps([_spelled(orders), values], salt=SALT, compress=False)


def _read_token(params: Params, orders: Sequence[Order]) -> list[Any]:
    text = params.optional("page_token")
    if not text:
        return []
    try:
        spelled, values = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise invalid("Invalid page token. Take it from the answer before.") from error
    if spelled != _spelled(orders):
        raise invalid("This page token is of a search in another order. Begin again without it.")
    return list(values)


def _spelled(orders: Sequence[Order]) -> str:
    return ",".join(f"{order.key} {order.is_descending}" for order in orders)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
