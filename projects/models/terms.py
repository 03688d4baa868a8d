"""Terms of use in versions, and who accepted which."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class TermsQuerySet(models.QuerySet["Terms"]):
    def in_force(self, now: datetime) -> Terms | None:
        """The latest version whose day has come; none if nothing was published."""
        return self.filter(in_force_from__lte=now).order_by("-version").first()

    def ahead(self, now: datetime) -> Self:
        """What is published and not in force yet, the next first."""
        return self.filter(in_force_from__gt=now).order_by("version")


class Terms(models.Model):
    """One version; what was published is never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(unique=True, editable=False)
    text_en = models.TextField(_("in English"))
    text_de = models.TextField(_("in German"))
    in_force_from = models.DateTimeField(
        _("in force from"), help_text=_("Until then people can read and accept them in advance.")
    )
    published_at = models.DateTimeField(editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = TermsQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = _("terms of use")
        verbose_name_plural = _("terms of use")

    def __str__(self) -> str:
        return str(_("Version %(n)d") % {"n": self.version})

    @property
    def text(self) -> str:
        """In the reader's language."""
        return self.text_de if (get_language() or "").startswith("de") else self.text_en


class Acceptance(models.Model):
    """One person's yes to one version."""

    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terms", "user"], name="acceptance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.terms_id}"
