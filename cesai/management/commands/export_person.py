"""`export_person --user NAME`: everything that the portal knows of a person, as JSON Lines."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser

from cesai.privacy import export_person
from projects.management.people import named


class Command(BaseCommand):
    help = "Print all rows that lead to a person, one JSON object a line; secrets are left out."

    def add_arguments(self, parser: CommandParser) -> None:
        """--user NAME"""
        parser.add_argument("--user", required=True)

    def handle(self, **options: Any) -> None:
        """Exit 1 if there is no such person."""
        for row in export_person(named(options["user"])):
            self.stdout.write(orjson.dumps(row, default=_plain).decode())


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)
