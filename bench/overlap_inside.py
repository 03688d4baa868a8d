"""Parts of the overlap benchmark that call the portal's own code; each prints a JSON line."""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.measure import percentile  # noqa: E402
from projects.models import Group, User  # noqa: E402
from registry.actions.comparing import compare_model, count_words  # noqa: E402
from registry.actions.models import plan_model  # noqa: E402
from registry.detect import neighbours  # noqa: E402
from registry.models import Model, WordCount  # noqa: E402
from registry.models.candidates import (  # noqa: E402
    Sight,
    find,
    kin_of,
    read_candidate,
    words_of_models,
)

PLANTED, SAMPLED, NIGHTLY, PAIRS = 300, 40, 2_000, 500
LANGUAGES = ("de", "en", "fr", "es", "it", "pl", "nl", "cs", "sv", "fi", "pt", "ro")
DICE = random.Random(7)  # noqa: S311 (no secret)


def count(person: User) -> dict[str, Any]:
    """How long it takes to count the words anew."""
    began = time.perf_counter()
    count_words()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_wordcount")
    return {"seconds": time.perf_counter() - began, "words": WordCount.objects.count()}


def database(person: User) -> dict[str, Any]:
    """The three statements of a comparison, for plans drawn by lot."""
    plans = _open_plans(SAMPLED)
    times, found = [], []
    for _round in range(5):
        for model in plans:
            mine = read_candidate(model.pk).effort
            sight = Sight.of(person)
            began = time.perf_counter()
            rows = find(mine, sight, timezone.now().date())
            kin_of(model.pk, sight)
            words_of_models([UUID(row.effort.key) for row in rows[:40]])
            times.append((time.perf_counter() - began) * 1000)
            found.append(float(len(rows)))
    return {
        "milliseconds": percentile(times[SAMPLED:], 0.5),
        "candidates": percentile(found, 0.5),
        "models": [str(model.pk) for model in _seen(person, 20)],
    }


def planted(person: User) -> dict[str, Any]:
    """Copies with other names, sizes, dates, texts and one language more or less.

    By another partner than the source's: within one group it would be a sequel.
    """
    now = timezone.now()
    groups = list(Group.objects.order_by("pk"))
    hits = 0
    for number, source in enumerate(_seen(person, PLANTED)):
        others = [row for row in groups if row.partner_id != source.group.partner_id]
        copy = plan_model(
            by=None,
            group=DICE.choice(others),
            project=None,
            facts=_nearly(source, number),
            now=now,
        )
        rows = neighbours(source, person, now=now, most=20)
        hits += str(copy.pk) in {row.key for row in rows}
        Model.objects.filter(pk=copy.pk).update(state="abandoned")
    return {"share": hits / PLANTED}


def confidential(person: User) -> dict[str, Any]:
    """One reader's comparison with and without a private plan of others that is nearly the same.

    Interleaved; A/A is the same without any private plan. The interval holds 99 % of the
    differences of medians between two halves of the A/A times, dealt by lot.
    """
    model = _seen(person, 1)[0]
    group = Group.objects.exclude(pk__in=person.standing.own_group_ids)[0]
    facts: Any = {**_nearly(model, -1), "visibility": "group"}
    times: dict[str, list[float]] = {"with": [], "a": [], "b": []}
    for _pair in range(PAIRS):
        now = timezone.now()
        with transaction.atomic():
            plan = plan_model(by=None, group=group, project=None, facts=facts, now=now)
            compare_model(model=plan, now=now)
            times["with"].append(_timed_look(model, person))
            transaction.set_rollback(True)
        for name in ("a", "b"):
            with transaction.atomic():
                times[name].append(_timed_look(model, person))
    both = times["a"] + times["b"]
    drawn = sorted(_difference(both) for _ in range(2_000))
    return {
        "difference_ms": statistics.median(times["with"]) - statistics.median(times["a"]),
        "a_a_low_ms": drawn[10],
        "a_a_high_ms": drawn[-11],
        "median_ms": statistics.median(both),
    }


def _timed_look(model: Model, person: User) -> float:
    began = time.perf_counter()
    neighbours(model, person, now=timezone.now(), most=20)
    return (time.perf_counter() - began) * 1000


def _difference(times: list[float]) -> float:
    dealt = DICE.sample(times, len(times))
    half = len(dealt) // 2
    return statistics.median(dealt[:half]) - statistics.median(dealt[half:])


def nightly(person: User) -> dict[str, Any]:
    """Open plans compared with everything and stored, one after another."""
    now = timezone.now()
    plans = _open_plans(NIGHTLY)
    began = time.perf_counter()
    for model in plans:
        compare_model(model=model, now=now)
    return {"seconds": time.perf_counter() - began, "plans": len(plans)}


def _nearly(source: Model, number: int) -> Any:
    languages = list(source.languages)
    if DICE.random() < 0.5 and len(languages) > 1:
        languages.remove(DICE.choice(languages))
    else:
        languages.append(DICE.choice([code for code in LANGUAGES if code not in languages]))
    begin = source.window_start or timezone.now().date()
    begin += timedelta(days=DICE.randint(-60, 60))
    return {
        "name": f"planted-{number}",
        "visibility": "partners",
        "modality_in": source.modality_in,
        "modality_out": source.modality_out,
        "languages": sorted(languages),
        "tasks": source.tasks,
        "domains": source.domains,
        "training_mode": source.training_mode,
        "parameters": int((source.parameters or 10**9) * DICE.uniform(0.8, 1.25)),
        "tokens": int((source.tokens or 10**12) * DICE.uniform(0.5, 2)),
        "window_start": begin,
        "description": f"An effort for {source.tasks[0]} described in words of its own.",
    }


def _open_plans(many: int) -> list[Model]:
    keys = list(
        Model.objects.filter(state__in=("planned", "training")).values_list("pk", flat=True)
    )
    chosen = DICE.sample(sorted(keys), min(many, len(keys)))
    return list(Model.objects.filter(pk__in=chosen))


def _seen(person: User, many: int) -> list[Model]:
    keys = list(Model.objects.visible_to(person).values_list("pk", flat=True))
    chosen = DICE.sample(sorted(keys), many)
    return list(Model.objects.filter(pk__in=chosen).select_related("group"))


if __name__ == "__main__":
    parts = {
        "count": count,
        "database": database,
        "planted": planted,
        "confidential": confidential,
        "nightly": nightly,
    }
    user = User.objects.get(username=sys.argv[2])
    print(json.dumps(parts[sys.argv[1]](user)))
