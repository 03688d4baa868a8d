"""The public catalogue as lines that can be pushed elsewhere; one query or two for each type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from registry.exchange.lines import ABOUT_THE_ORIGIN, TOTALS
from registry.models import Dataset, DatasetDerivation, Derivation, Figure, Model, Version
from registry.vocabulary import ENDED_STATES

Row = dict[str, Any]
ANYBODY = AnonymousUser()
AT_ONCE = 2000
# What was being written while a catalogue was read is told again by the next pull since then.
OVERLAP = timedelta(minutes=10)
OWNER = ("group__partner__slug", "group__slug")
FACTS = (
    "name", "visibility", "state", "modality_in", "modality_out", "architecture", "languages",
    "domains", "tasks", "training_mode", "datasets", "licence", "hub_id", "intended_users",
    "contact", "description",
)  # fmt: skip
DATASET = ("name", "visibility", "languages", "tokens", "licence", "homepage", "description")
VERSION = ("source", "run_id", "run_link", "description")
FIGURE = ("kind", "stage", "value", "day", "as_of", "note")
HERE_ALONE = "models:/"  # a copy inside this registry: its address means nothing elsewhere


def pull(
    since: datetime | None, address: Callable[[str, UUID], str], now: datetime
) -> Iterator[Row]:
    """Every line of the public catalogue, or what changed since then, and a last one of totals.

    An entry's key is its id. What ended is told to who asks for changes, and to nobody else.
    """
    count = 0
    for lines in (_datasets, _models, _versions, _figures, _derivations):
        for kind, row, origin in lines(since):
            count += 1
            key = row.pop("key")
            about = {"url": address(kind, key), **origin}
            yield {"type": kind, "key": str(key), **row, ABOUT_THE_ORIGIN: about}
    yield {"type": TOTALS, "lines": count, "as_of": now - OVERLAP}


def _models(since: datetime | None) -> Iterator[tuple[str, Row, Row]]:
    rows = Model.objects.visible_to(ANYBODY).filter(_told_model(since))
    columns = ("id", *FACTS, "window_start", "window_end", "updated_at", *OWNER)
    for row in _read(rows.order_by("created_at", "id"), columns):
        window = {"start": row["window_start"], "end": row["window_end"]}
        facts = {name: row[name] for name in FACTS}
        yield "model", {"key": row["id"], **facts, "window": window}, _origin(row)


def _versions(since: datetime | None) -> Iterator[tuple[str, Row, Row]]:
    rows = Version.objects.visible_to(ANYBODY).filter(_told_version())
    if since:
        rows = rows.filter(Q(updated_at__gte=since) | _changed(since, "model__"))
    columns = ("id", "model", *VERSION, "updated_at", *_of("model__"))
    for row in _read(rows.order_by("model__created_at", "model", "number"), columns):
        told = {name: row[name] for name in VERSION}
        yield "version", {"key": row["id"], "model": row["model"], **told}, _origin(row, "model__")


def _figures(since: datetime | None) -> Iterator[tuple[str, Row, Row]]:
    rows = Figure.objects.visible_to(ANYBODY).filter(_present("model__"))
    rows = rows.filter(Q(version=None) | _told_version("version__"))
    if since:
        rows = rows.filter(Q(recorded_at__gte=since) | _changed(since, "model__"))
    more = ("source", "confidence", "recorded_at")
    columns = ("id", "model", "version", *FIGURE, *more, *_of("model__"))
    for row in _read(rows.order_by("recorded_at", "id"), columns):
        about = {"version": row["version"]} if row["version"] else {"model": row["model"]}
        told = {name: row[name] for name in FIGURE}
        origin = {**_origin(row, "model__"), "source": row["source"]}
        yield (
            "figure",
            {"key": row["id"], **about, **told},
            {**origin, "confidence": row["confidence"]},
        )


def _derivations(since: datetime | None) -> Iterator[tuple[str, Row, Row]]:
    rows = Derivation.objects.visible_to(ANYBODY).filter(_told_end("child__"))
    if since:
        changed = _changed(since, "child__model__") | _changed(since, "parent__model__")
        rows = rows.filter(Q(created_at__gte=since) | changed)
    parent = ("parent__number", "parent__model", "parent__model__qualified")
    told = rows.annotate(is_told=ExpressionWrapper(_told_end("parent__"), BooleanField()))
    columns = ("id", "child", "child__number", "child__model", "kind", "literal", "evidence",
               "created_at", "parent", *parent, "is_told", *_of("child__model__"))  # fmt: skip
    for row in _read(told.order_by("created_at", "id"), columns):
        child = row["child"] if row["child__number"] else row["child__model"]
        line = {"key": row["id"], "child": child, **_parent(row), "kind": row["kind"]}
        yield "derivation", line, {**_origin(row, "child__model__"), "evidence": row["evidence"]}


def _parent(row: Row) -> Row:
    """By key; by name what is no entry, or an entry that no line tells of."""
    if row["parent"] is None:
        return {"literal": row["literal"]}
    if not row["is_told"]:
        return {"literal": row["literal"] or row["parent__model__qualified"]}
    if row["parent__number"] is None:
        return {"model": row["parent__model"]}
    return {"version": row["parent"]}


def _datasets(since: datetime | None) -> Iterator[tuple[str, Row, Row]]:
    """Parents before what was made from them."""
    rows: QuerySet[Dataset] = Dataset.objects.visible_to(ANYBODY)
    if since:
        rows = rows.filter(updated_at__gte=since)
    edges = DatasetDerivation.objects.filter(
        child__in=rows, parent__in=Dataset.objects.visible_to(ANYBODY)
    ).order_by("pk")
    parents: dict[UUID, list[Row]] = defaultdict(list)
    awaited: dict[UUID, set[UUID]] = defaultdict(set)
    for edge in edges.values("child", "parent", "kind", "parent__updated_at"):
        parents[edge["child"]].append({"dataset": edge["parent"], "kind": edge["kind"]})
        if since is None or edge["parent__updated_at"] >= since:
            awaited[edge["child"]].add(edge["parent"])
    columns = ("id", *DATASET, "updated_at", *OWNER)
    for row in _in_order(_read(rows.order_by("created_at", "id"), columns), awaited):
        told = {name: row[name] for name in DATASET}
        line = {"key": row["id"], **told, "parents": parents[row["id"]]}
        yield "dataset", line, _origin(row)


def _in_order(rows: Iterator[Row], awaited: dict[UUID, set[UUID]]) -> Iterator[Row]:
    """Each row once those that it waits for are out; the last ones whatever they wait for."""
    waiting: dict[UUID, Row] = {}
    followers: dict[UUID, list[UUID]] = defaultdict(list)
    out: set[UUID] = set()
    for row in rows:
        missing = awaited[row["id"]] = awaited.get(row["id"], set()) - out
        if missing:
            waiting[row["id"]] = row
            for parent in missing:
                followers[parent].append(row["id"])
            continue
        ready = [row]
        while ready:
            one = ready.pop()
            out.add(one["id"])
            yield one
            for child in followers.pop(one["id"], ()):
                awaited[child].discard(one["id"])
                if not awaited[child]:
                    ready.append(waiting.pop(child))
    yield from waiting.values()


def _told_model(since: datetime | None) -> Q:
    return _present() if since is None else _changed(since)


def _present(prefix: str = "") -> Q:
    return ~Q(**{f"{prefix}state__in": ENDED_STATES})


def _changed(since: datetime, prefix: str = "") -> Q:
    """A model that changed, or whose embargo ended since: what belongs to it is news, too."""
    return Q(**{f"{prefix}updated_at__gte": since}) | Q(
        **{f"{prefix}embargo_until__gt": since.date()}
    )


def _told_version(prefix: str = "") -> Q:
    """Weights that another portal could register, too."""
    told = Q(**{f"{prefix}number__isnull": False, f"{prefix}withdrawn_at": None})
    no_address = Q(**{f"{prefix}source": ""}) | Q(**{f"{prefix}source__startswith": HERE_ALONE})
    return told & ~no_address & _present(f"{prefix}model__")


def _told_end(prefix: str) -> Q:
    """An end of a derivation that a line tells of: weights, or a model for its plan."""
    plan = Q(**{f"{prefix}number": None}) & _present(f"{prefix}model__")
    return _told_version(prefix) | plan


def _read(rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[Row]:
    """Few at a time, without Django's objects."""
    return iter(rows.values(*columns).iterator(chunk_size=AT_ONCE))


def _of(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{name}" for name in OWNER)


def _origin(row: Row, prefix: str = "") -> Row:
    """Where and since when a line is as it is; for readers, a push reads over it."""
    partner, group = (row[f"{prefix}{name}"] for name in OWNER)
    at = next(row[name] for name in ("updated_at", "recorded_at", "created_at") if name in row)
    return {"owner": f"{partner}.{group}", "changed_at": at}
