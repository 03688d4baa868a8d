"""`drop_second_factor --user NAME`: for somebody who lost the app and the recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from projects.actions.factors import drop_factors
from projects.management.people import named


class Command(BaseCommand):
    help = "Drop a person's second factor; one who needs it sets up another at the next log-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """--user NAME"""
        parser.add_argument("--user", required=True)

    def handle(self, **options: Any) -> None:
        """Exit 1 if there is no such person, or none was set up."""
        user = named(options["user"])
        if not drop_factors(user=user, now=timezone.now()):
            raise CommandError(f"{user.username} has no second factor.")
        self.stdout.write(f"{user.username} logs in without a second factor now.")
