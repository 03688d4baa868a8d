"""`sync_cluster SLUG`: one full pass over a cluster by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from compute.models import Cluster
from compute.sync.passes import sync_cluster


class Command(BaseCommand):
    help = "Health, limits, windows, dispatch, follow and accounting of one cluster, now."

    def add_arguments(self, parser: CommandParser) -> None:
        """The cluster's short name."""
        parser.add_argument("slug")

    def handle(self, **options: Any) -> None:
        """Do the pass and print what it did, one line each."""
        try:
            done = sync_cluster(options["slug"], now=timezone.now())
        except Cluster.DoesNotExist as error:
            raise CommandError(f"There is no connected cluster “{options['slug']}”.") from error
        for name, value in done.items():
            self.stdout.write(f"{name}: {value}")
