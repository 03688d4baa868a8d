"""Access tokens: what a person's scripts carry instead of a password."""

from __future__ import annotations

import uuid
from functools import cache

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from projects.models.groups import Group
from projects.models.people import STANDING_COLUMNS, Standing, User
from projects.models.reading import read_rows


class AccessToken(AbstractAuthToken):
    """A token kept as a hash; the text is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", _("read only")
        WRITE = "write", _("read and write")

    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    # Whose models a bare name means, for clients that know no groups.
    group = models.ForeignKey(
        Group,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("home group"),
    )
    scope = models.CharField(_("scope"), max_length=8, choices=Scope, default=Scope.WRITE)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name

    def allows(self, method: str) -> bool:
        """Whether a call by this HTTP method is within the token's scope."""
        return self.scope == self.Scope.WRITE or method in {"GET", "HEAD", "OPTIONS"}


def token_with(digest: str) -> AccessToken | None:
    """The token of that hash, its user, and what the user is, in one query."""
    tokens, users = _columns(AccessToken), _columns(User)
    names = [*(f"token.{name}" for name in tokens), *(f"person.{name}" for name in users)]
    rows = read_rows(
        f"SELECT {', '.join(names)}, {STANDING_COLUMNS}"  # noqa: S608 (names of columns)
        " FROM projects_accesstoken token"
        " JOIN projects_user person ON person.id = token.user_id WHERE token.digest = %s",
        [digest],
    )
    if not rows:
        return None
    row = rows[0]
    middle, end = len(tokens), len(tokens) + len(users)
    token = AccessToken.from_db("default", _attributes(AccessToken), row[:middle])
    user = User.from_db("default", _attributes(User), row[middle:end])
    if user.is_active:
        user.__dict__["standing"] = Standing.of_row(*row[end:])
    token.user = user
    return token


@cache
def _columns(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


@cache
def _attributes(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]
