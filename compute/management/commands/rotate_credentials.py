"""`rotate_credentials`: seal all secrets with the first key of CESAI_CREDENTIAL_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from compute.actions.rotation import keys_in_use, rotate_credentials
from projects.actions import factors, webhook_keys
from projects.models.sealed import first_key


class Command(BaseCommand):
    help = "Seal all secrets with the first key; says which keys may then be dropped."

    def add_arguments(self, parser: CommandParser) -> None:
        """[--check]"""
        parser.add_argument("--check", action="store_true", help="only count what each key holds")

    def handle(self, **options: Any) -> None:
        """Exit 1 if a credential cannot be opened: the site has to deliver it again."""
        if not options["check"]:
            rotated = rotate_credentials(now=timezone.now())
            self.stdout.write(f"{rotated.done} credentials sealed anew with {first_key()}.")
            for row, why in rotated.unreadable:
                self.stderr.write(f"{row.cluster.slug}, {row.unix_user}: {why}")
            count, unreadable = factors.rotate_factors()
            if count:
                self.stdout.write(f"{count} secrets of second factors sealed anew.")
            for factor, why in unreadable:
                self.stderr.write(f"second factor of {factor.user.username}: {why}")
            count, lost = webhook_keys.rotate_webhook_keys()
            if count:
                self.stdout.write(f"{count} secrets of webhooks sealed anew.")
            for hook, why in lost:
                self.stderr.write(f"webhook {hook.pk} of {hook.owner.username}: {why}")
        held = keys_in_use() + factors.keys_in_use() + webhook_keys.keys_in_use()
        for key, count in sorted(held.items()):
            self.stdout.write(f"{key}: {count}")
        if not options["check"] and (closed := [*rotated.unreadable, *unreadable, *lost]):
            raise CommandError(
                f"{len(closed)} secrets cannot be opened and stay as they are. Add their key"
                " again; or let the sites deliver new tokens, drop the second factors, and let"
                " their owners give the webhooks new secrets."
            )
