"""`verify_audit`: whether the audit log is still what it was when it was sealed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from projects.actions.sealing import known_heads
from projects.actions.verifying import check_audit
from projects.audit import Head


class Command(BaseCommand):
    help = "Follow the audit log's chain; exit 1 with the first bad event if it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """[--head NUMBER:HASH …], beside those in the file of CESAI_AUDIT_HEADS"""
        parser.add_argument("--head", action="append", default=[], metavar="NUMBER:HASH")

    def handle(self, **options: Any) -> None:
        """Say how far it holds and what it was compared with, or what is wrong."""
        heads = [*_published(), *map(_head, options["head"])]
        verdict = check_audit(heads, now=timezone.now())
        if verdict.fault:
            raise CommandError(verdict.fault)
        compared = f"{len(heads)} published heads" if heads else "no published head"
        self.stdout.write(f"The log holds up to seal {verdict.number}; compared with {compared}.")
        if verdict.head:
            self.stdout.write(str(verdict.head))
        if not heads:
            self.stderr.write(
                "Without a published head (CESAI_AUDIT_HEADS or --head) it cannot be seen"
                " whether somebody reckoned the whole chain anew."
            )


def _published() -> list[Head]:
    try:
        return known_heads()
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{settings.AUDIT_HEADS} has a line that is no published head: {error}"
        ) from error


def _head(text: str) -> Head:
    try:
        return Head.of_text(text)
    except ValueError as error:
        raise CommandError(
            f"“{text}” is no head. It looks like 120:5f… with 64 hexadecimal digits."
        ) from error
