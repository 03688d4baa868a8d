"""`migrate` as the owner's role, then give the application's role what it needs and no more."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from cesai.owner import become_owner, grant_application


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Run the migrations; the application itself never has the right to change a table."""
        connection = connections[options["database"]]
        become_owner(connection)
        super().handle(*args, **options)
        grant_application(connection)
