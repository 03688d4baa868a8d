"""`create_token`: an access token for a person, printed alone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from projects.actions.tokens import create_token
from projects.models import AccessToken, Group, User


class Command(BaseCommand):
    help = "Make an access token for a user and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        """--user NAME [--days N] [--scope S …] [--group PARTNER.GROUP]"""
        parser.add_argument("--user", required=True)
        parser.add_argument("--days", type=int, default=settings.TOKEN_DAYS)
        parser.add_argument("--name", default="command line")
        parser.add_argument(
            "--group", help="whose models MLflow's clients mean by bare names: partner.group"
        )
        parser.add_argument(
            "--scope",
            nargs="+",
            choices=AccessToken.Scope.values,
            default=[AccessToken.Scope.WRITE],
        )

    def handle(self, **options: Any) -> None:
        """Print the token and nothing else."""
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user “{options['user']}”.")
        if not 1 <= options["days"] <= 365:
            raise CommandError("--days must be between 1 and 365.")
        group = _group(user, options["group"])
        writes = AccessToken.Scope.WRITE in options["scope"]
        _token, text = create_token(
            by=user,
            name=options["name"],
            scope=AccessToken.Scope.WRITE if writes else AccessToken.Scope.READ,
            days=options["days"],
            group=group,
            now=timezone.now(),
        )
        self.stdout.write(text)


def _group(user: User, name: str | None) -> Group | None:
    """One of the person's groups by partner.group. Raises CommandError."""
    if name is None:
        return None
    partner, _, slug = name.partition(".")
    own = Group.objects.filter(pk__in=user.standing.group_roles)
    group = own.filter(partner__slug=partner, slug=slug).first()
    if group is None:
        raise CommandError(f"“{name}” is no group of “{user.username}”; write partner.group.")
    return group
