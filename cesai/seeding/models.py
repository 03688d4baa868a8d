"""Models with versions, figures and derivations; the first is the root of a thousand others."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction

from cesai.seeding.copying import Row, copy_rows
from cesai.seeding.people import PEOPLE_PER_GROUP, People
from registry.models import Derivation, Figure, Model, Version
from registry.overlap.blocks import blocks_of
from registry.terms import DOMAINS, TASKS
from registry.vocabulary import Modality, ParentKind, TrainingMode

FAMILY = 1_000  # descendants of the first model
FAN = 10
LANGUAGES = ("de", "en", "fr", "es", "it", "pl", "nl", "cs", "sv", "fi", "pt", "ro")
LICENCES = ("Apache-2.0", "MIT", "CC-BY-4.0", "CC-BY-NC-4.0", "llama3", "")
STATES = ("planned", "training", "released", "released", "released")
KINDS = [kind.value for kind in ParentKind]


def seed_models(
    people: People, models: int, derivations: int, *, now: datetime, dice: random.Random
) -> list[uuid.UUID]:
    """Rows of so many models, newest last, and of so many derivations; the versions' keys."""
    keys = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(models)]
    versions = [uuid.UUID(int=key.int ^ 1) for key in keys]
    with transaction.atomic():
        copy_rows(Model, _models(people, keys, now, dice))
        copy_rows(Version, _versions(keys, versions, now))
        copy_rows(Figure, _figures(keys, now))
        copy_rows(Derivation, _derivations(versions, derivations, now, dice))
    return versions


def _models(
    people: People, keys: list[uuid.UUID], now: datetime, dice: random.Random
) -> Iterator[Row]:
    tasks, domains = list(TASKS), list(DOMAINS)
    modes = [mode.value for mode in TrainingMode]
    for n, key in enumerate(keys):
        group = people.group_of(dice)
        name = f"{people.tag}-model-{n:07d}"
        task, at = dice.choice(tasks), now - timedelta(seconds=len(keys) - n)
        mode = dice.choice(modes)
        languages = sorted(dice.sample(LANGUAGES, dice.randint(1, 4)))
        yield {
            "id": key,
            "name": name,
            "qualified": f"{people.group_names[group]}.{name}",
            "group_id": people.group_ids[group],
            "visibility": ("public", "public", "partners", "partners", "group")[n % 5],
            "state": STATES[n % 5],
            "modality_in": [Modality.TEXT.value],
            "modality_out": [Modality.TEXT.value],
            "architecture": "llama-dense",
            "languages": languages,
            "tasks": [task],
            "domains": [dice.choice(domains)],
            "training_mode": mode,
            "parameters": _parameters(n),
            "tokens": _tokens(n),
            "window_start": date(2027, 1, 1) + timedelta(days=n % 700),
            "licence": LICENCES[n % len(LICENCES)],
            "description": f"A synthetic model for {TASKS[task].en}.",
            "tags": {"batch": str(n // 200), "parity": str(n % 2), "seed": people.tag},
            "words": f"{name} {TASKS[task].en} {TASKS[task].de} {' '.join(languages)}"
            f" batch{n // 200}",
            "created_at": at,
            "updated_at": at,
            "confirmed_at": at,
            "blocks": blocks_of([Modality.TEXT.value], languages, [task], mode),
            "assess_due_at": None,
            "created_by_id": people.user_ids[group * PEOPLE_PER_GROUP],
        }


def _versions(keys: list[uuid.UUID], versions: list[uuid.UUID], now: datetime) -> Iterator[Row]:
    for n, (model, version) in enumerate(zip(keys, versions, strict=True)):
        is_planned = STATES[n % 5] == "planned"
        yield {
            "id": version,
            "model_id": model,
            "number": None if is_planned else 1,
            "source": "" if is_planned else f"s3://seed/{model}",
            "created_at": now,
            "updated_at": now,
        }


def _figures(keys: list[uuid.UUID], now: datetime) -> Iterator[Row]:
    for n, model in enumerate(keys):
        for kind, value in (("parameters", _parameters(n)), ("tokens", _tokens(n))):
            yield {
                "id": uuid.UUID(int=model.int ^ (2 if kind == "tokens" else 3)),
                "model_id": model,
                "kind": kind,
                "stage": "plan",
                "value": value,
                "as_of": now.date(),
                "recorded_at": now,
            }


def most_derivations(models: int) -> int:
    """How many derivations there can be among so many models without a circle."""
    family, others = _family(models), max(models - FAMILY - 1, 0)
    return family * (family + 1) // 2 + others * (others - 1) // 2


def _derivations(
    versions: list[uuid.UUID], derivations: int, now: datetime, dice: random.Random
) -> Iterator[Row]:
    """A family of a thousand below the first; the others have earlier ones as parents.

    What finds no room among the others is told of the family, whose members stay the same.
    """
    family = _family(len(versions))
    tree = min(family, derivations)
    for n in range(1, tree + 1):
        yield _edge(versions[n], versions[(n - 1) // FAN], n, now)
    first = family + 1
    others = range(len(versions) - first)
    beyond = min(derivations - tree, len(others) * (len(others) - 1) // 2)
    for room, share in enumerate(_shares(beyond, others)):
        for at in dice.sample(range(first, first + room), share):
            yield _edge(versions[first + room], versions[at], first + room, now)
    for room, share in enumerate(_shares(derivations - tree - beyond, range(family))):
        n, parent = room + 1, room // FAN
        for at in dice.sample(range(room), share):
            yield _edge(versions[n], versions[at + (at >= parent)], n, now)


def _family(models: int) -> int:
    return min(FAMILY, max(models - 1, 0))


def _shares(wanted: int, rooms: range) -> Iterator[int]:
    """An even part for each place; what finds no room there yet goes to later, larger ones."""
    given = 0
    for n, room in enumerate(rooms, 1):
        share = min(wanted * n // len(rooms) - given, room)
        given += share
        yield share


def _edge(child: uuid.UUID, parent: uuid.UUID, n: int, now: datetime) -> Row:
    return {
        "id": uuid.uuid5(child, str(parent)),
        "child_id": child,
        "parent_id": parent,
        "kind": KINDS[n % len(KINDS)],
        "created_at": now,
    }


def _parameters(n: int) -> int:
    return (1, 3, 7, 9, 13, 24, 40, 70)[n % 8] * 10**9


def _tokens(n: int) -> int:
    return (1, 2, 4, 8)[n % 4] * 10**12
