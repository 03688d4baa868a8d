"""Comparing efforts with each other: when facts changed, and every night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse

from projects.actions.notices import tell
from projects.models.notices import people_of, staff_with
from projects.notices import NoticeKind
from projects.roles import Verb
from registry.detect import assess_model
from registry.models import Model, Overlap, Watch
from registry.overlap.scorer import FLAGGED
from registry.vocabulary import OPEN_STATES

MOST = 200  # models in one round; the next round takes the rest

_COUNT = """
DELETE FROM registry_wordcount;
INSERT INTO registry_wordcount (word, models_count)
SELECT word, ndoc FROM ts_stat($$
    SELECT to_tsvector('simple', words) FROM registry_model
    WHERE visibility IN ('public', 'partners')
    AND (embargo_until IS NULL OR embargo_until <= CURRENT_DATE)
$$) WHERE length(word) BETWEEN 3 AND 100;
"""


def compare_due(*, now: datetime, most: int = MOST) -> int:
    """Compare models whose facts changed, one transaction each; how many there were.

    A row that another worker holds is left to it.
    """
    for done in range(most):
        with transaction.atomic():
            due = Model.objects.filter(assess_due_at__lte=now).order_by("assess_due_at")
            model = due.select_for_update(skip_locked=True, of=("self",)).first()
            if model is None:
                return done
            compare_model(model=model, now=now)
    return most


@transaction.atomic
def compare_model(
    *, model: Model, now: datetime, facts: Mapping[str, Any] | None = None
) -> list[Overlap]:
    """Compare one model and tell those concerned what is new; the flagged pairs.

    `facts` are those that a request froze, in place of the present ones.
    """
    # One comparison of a model at a time, and its row before the pairs': nobody waits in a circle.
    list(Model.objects.select_for_update().filter(pk=model.pk).values("pk"))
    if not model.blocks:
        model.refresh_words()
        model.save(update_fields=["words", "blocks"])
    pairs = Overlap.objects.of(model).flagged().values_list("a", "b")
    before = set(pairs)
    flagged = assess_model(model, now=now, facts=facts)
    Model.objects.filter(pk=model.pk).update(assess_due_at=None, assessed_at=now)
    fresh = [row for row in flagged if row.is_live and (row.a_id, row.b_id) not in before]
    if model.state in OPEN_STATES and fresh:
        _tell(model, fresh, now)
    return flagged


def rescore_open_plans(*, now: datetime) -> int:
    """Every open plan anew, with the present weights and word counts; how many there were.

    Outcomes are not touched: they stand with the cases.
    """
    count_words()
    done = 0
    for key in list(Model.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True)):
        with transaction.atomic():
            rows = Model.objects.filter(pk=key, state__in=OPEN_STATES)
            model = rows.select_for_update(of=("self",)).first()
            if model is not None:
                compare_model(model=model, now=now)
                done += 1
    return done


@transaction.atomic
def count_words() -> None:
    """Count anew in how many models that partners may see each word stands."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)


def tell_watchers(*, now: datetime) -> int:
    """Tell people of new plans that fit what they watch for; how many notices were written.

    A watch that another worker is at is left to it, so that two never tell the same plan twice.
    """
    told = 0
    for key in list(Watch.objects.filter(owner__is_active=True).values_list("pk", flat=True)):
        with transaction.atomic():
            rows = Watch.objects.select_related("owner").filter(pk=key)
            watch = rows.select_for_update(skip_locked=True, of=("self",)).first()
            if watch is None:
                continue
            found = list(watch.finds()[:MOST])
            watch.told.add(*found)
            for model in found:
                told += tell(
                    users=[watch.owner],
                    kind=NoticeKind.WATCH_MATCHED,
                    path=reverse("model", args=[model.pk]),
                    params={"watch": watch.name, "model": model.name},
                    now=now,
                )
    return told


def _tell(model: Model, fresh: list[Overlap], now: datetime) -> None:
    """Coordinators hear of every pair; the group of those that its own search finds."""
    others = Model.objects.in_bulk(
        [row.b_id if row.a_id == model.pk else row.a_id for row in fresh]
    )
    worth = [row for row in fresh if row.kind in FLAGGED]
    if worth:
        top = max(worth, key=lambda row: row.urgency)
        tell(
            users=staff_with(Verb.HANDLE_CASE),
            kind=NoticeKind.OVERLAP_FOUND,
            path=reverse("overlap", args=[_stored(top).pk]),
            params={"mine": model.name, "theirs": others[_other(top, model)].name},
            now=now,
        )
    seen = [row for row in fresh if row.found_by_a or row.found_by_b]
    if seen:
        best = max(seen, key=lambda row: row.probability)
        tell(
            users=people_of(model.group),
            kind=NoticeKind.OVERLAP_FOUND,
            path=reverse("model", args=[model.pk]) + "#similar",
            params={"mine": model.name, "theirs": others[_other(best, model)].name},
            now=now,
        )


def _other(row: Overlap, model: Model) -> UUID:
    return row.b_id if row.a_id == model.pk else row.a_id


def _stored(row: Overlap) -> Overlap:
    """The row as it is in the table: a pair that was known keeps its first id."""
    return Overlap.objects.get(a=row.a_id, b=row.b_id)
