"""Access tokens: what a person's scripts carry instead of a password."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken


class AccessToken(AbstractAuthToken):
    """A token kept as a hash; the text is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", _("read only")
        WRITE = "write", _("read and write")

    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope, default=Scope.WRITE)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name

    def allows(self, method: str) -> bool:
        """Whether a call by this HTTP method is within the token's scope."""
        return self.scope == self.Scope.WRITE or method in {"GET", "HEAD", "OPTIONS"}
