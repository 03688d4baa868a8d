"""`erase_person --user NAME --yes`: take a person out of the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cesai.privacy import columns_to_people, erase_person
from projects.errors import Refused
from projects.management.people import named


class Command(BaseCommand):
    help = "Erase a person: what they did stays under a pseudonym. There is no way back."

    def add_arguments(self, parser: CommandParser) -> None:
        """--user NAME [--yes]"""
        parser.add_argument("--user", required=True)
        parser.add_argument("--yes", action="store_true", help="do it; else only say what it is")

    def handle(self, **options: Any) -> None:
        """Exit 1 if there is no such person, or a group would have no lead."""
        user = named(options["user"])
        if not options["yes"]:
            for name, (model, column) in sorted(columns_to_people().items()):
                count = model._default_manager.filter(**{column: user}).count()
                if count:
                    self.stdout.write(f"{name}: {count}")
            self.stdout.write("Nothing was erased. Say --yes to do it; export the data before.")
            return
        try:
            pseudonym = erase_person(user, now=timezone.now())
        except Refused as error:
            raise CommandError(str(error.detail)) from error
        self.stdout.write(f"{options['user']} is {pseudonym} now.")
