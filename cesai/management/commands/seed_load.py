"""`seed_load`: synthetic partners, projects, models, jobs and clusters for load tests."""

from __future__ import annotations

import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cesai.seeding.compute import seed_compute
from cesai.seeding.models import most_derivations, seed_models
from cesai.seeding.people import seed_people

MOST = 20_000_000
NOUNS = ("partners", "projects", "models", "jobs", "clusters")


class Command(BaseCommand):
    help = "Write synthetic data by COPY; for load tests, never beside real data."

    def add_arguments(self, parser: CommandParser) -> None:
        """--partners N --projects N --models N --jobs N --clusters N [--derivations N --seed N]"""
        for noun, default in (
            ("partners", 3),
            ("projects", 30),
            ("models", 1000),
            ("clusters", 3),
        ):
            parser.add_argument(f"--{noun}", type=int, default=default)
        parser.add_argument("--jobs", type=int, help="1000, if not given and possible")
        parser.add_argument(
            "--derivations", type=int, help="as --models, if not given and possible"
        )
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, **options: Any) -> None:
        """Write, refresh the planner's statistics, and say how long each part took."""
        many = _checked(options)
        dice, now = random.Random(options["seed"]), timezone.now()  # noqa: S311 (no secret)
        began = time.perf_counter()
        try:
            with transaction.atomic():
                people = seed_people(many["partners"], many["projects"], now=now, dice=dice)
        except IntegrityError as error:
            said = f"The rows of --seed {options['seed']} are here already; choose another."
            raise CommandError(said) from error
        self._tell("people", began)
        seed_models(people, many["models"], many["derivations"], now=now, dice=dice)
        self._tell("models", began)
        seed_compute(people, many["clusters"], many["jobs"], now=now, dice=dice)
        self._tell("compute", began)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self._tell("statistics", began)

    def _tell(self, what: str, began: float) -> None:
        self.stdout.write(f"{what}: {time.perf_counter() - began:.1f} s")


def _checked(options: dict[str, Any]) -> dict[str, int]:
    """How many rows of each kind. Raises CommandError for numbers that cannot be."""
    most = {**dict.fromkeys(NOUNS, MOST), "derivations": MOST}
    if not (options["clusters"] and options["projects"]):
        most["jobs"] = 0
    if 0 <= options["models"] <= MOST:
        most["derivations"] = min(most_derivations(options["models"]), MOST)
    wanted = {"jobs": 1000, "derivations": options["models"]}  # unless told otherwise
    many = {}
    for noun, limit in most.items():
        given, least = options[noun], 1 if noun == "partners" else 0
        many[noun] = min(wanted[noun], limit) if given is None else given
        if not least <= many[noun] <= limit:
            raise CommandError(
                f"--{noun} must be between {least} and {limit} beside the other numbers."
            )
    return many
