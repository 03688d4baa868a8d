"""`import_catalogue`: public facts about organisations, clusters and models; repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from cesai.catalogue.clusters import load_clusters
from cesai.catalogue.counts import Counts
from cesai.catalogue.initiatives import load_initiatives
from cesai.catalogue.models import load_models
from cesai.catalogue.organisations import load_organisations
from cesai.catalogue.reading import SHIPPED, read_records
from projects.errors import Invalid

Load = Callable[[list[dict[str, Any]], Counts], None]


class Command(BaseCommand):
    help = "Load public records; a second load changes what is different."

    def add_arguments(self, parser: CommandParser) -> None:
        """--organisations F --clusters F --models F, or --shipped for the product's own."""
        for noun in SHIPPED:
            parser.add_argument(f"--{noun}", type=Path, metavar="F")
        parser.add_argument("--shipped", action="store_true", help="the product's own files")

    def handle(self, **options: Any) -> None:
        """Load what was named, in one transaction, and print what was done."""
        files = {noun: options[noun] or (options["shipped"] and SHIPPED[noun]) for noun in SHIPPED}
        if not any(files.values()):
            raise CommandError("Name at least one file, or --shipped for the product's own.")
        now = timezone.now()
        loaders: dict[str, Load] = {
            "organisations": load_organisations,
            "clusters": load_clusters,
            "models": lambda records, counts: load_models(records, counts, now=now),
            "initiatives": lambda records, counts: load_initiatives(records, counts, now=now),
        }
        try:
            with transaction.atomic():
                for noun, load in loaders.items():
                    if files[noun]:
                        counts = Counts()
                        load(read_records(files[noun]), counts)
                        self.stdout.write(counts.told(noun))
        except Invalid as refusal:
            raise CommandError(str(refusal.detail)) from refusal
