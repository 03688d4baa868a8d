"""`stop_dispatch`: for a database that was put back in a way which the portal cannot notice."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from compute.models import Cluster
from compute.sync.reconcile import stop_dispatch


class Command(BaseCommand):
    help = "Hands no job over until the clusters were asked what ran and an operator agreed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("clusters", nargs="*", help="short names; all that are connected")

    def handle(self, *args: Any, **options: Any) -> None:
        """As a pass does when it finds itself in a restored database."""
        rows = Cluster.objects.connected().select_related("health")
        chosen = rows.filter(slug__in=options["clusters"]) if options["clusters"] else rows
        unknown = sorted(set(options["clusters"]) - {cluster.slug for cluster in chosen})
        if unknown:
            raise CommandError(f"No connected cluster is named {', '.join(unknown)}.")
        for cluster in chosen:
            stop_dispatch(cluster, now=timezone.now())
            self.stdout.write(f"{cluster.slug}: stopped until its operator enables dispatch")
