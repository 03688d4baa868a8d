"""What a load of the catalogue did, told at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import DataError, transaction

from projects.errors import Refused


@dataclass(slots=True)
class Counts:
    """How many records were new, changed or as before, and why others were left out."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, *, is_new: bool, is_changed: bool) -> None:
        """Count one record."""
        if is_new:
            self.created += 1
        elif is_changed:
            self.updated += 1
        else:
            self.unchanged += 1

    @contextmanager
    def one_record(self, name: object) -> Iterator[None]:
        """Take a record over as a whole, or leave it out as a whole and keep the reason."""
        try:
            with transaction.atomic():
                yield
        except Refused as refusal:
            self.skipped.append(f"{name}: {refusal.detail}")
        except (ValueError, DataError) as error:
            self.skipped.append(f"{name}: {error}")

    def told(self, noun: str) -> str:
        """One line, and one more for each record that was left out."""
        line = (
            f"{noun}: {self.created} created, {self.updated} updated,"
            f" {self.unchanged} unchanged, {len(self.skipped)} skipped"
        )
        return "\n".join([line, *(f"  skipped {reason}" for reason in self.skipped)])
