"""Versions: sets of weights of a model, and the names that point to them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.models import Model
from registry.models.visibility import open_to
from registry.vocabulary import MLFLOW_STAGES, MlflowStage

if TYPE_CHECKING:
    from projects.scoping import Person


class VersionQuerySet(models.QuerySet["Version"]):
    def visible_to(self, person: Person) -> Self:
        """The versions of visible models."""
        return self.filter(open_to(person, "model__"))

    def numbered(self) -> Self:
        """Those with weights that were not withdrawn."""
        return self.filter(number__isnull=False, withdrawn_at=None)

    def newest_first(self) -> Self:
        """First what a model stands for: its newest living version, then its plan.

        Last come the withdrawn, newest first.
        """
        is_withdrawn = ExpressionWrapper(Q(withdrawn_at__isnull=False), models.BooleanField())
        return self.order_by(is_withdrawn, F("number").desc(nulls_last=True))


class Version(models.Model):
    """One set of weights of a model; a planned model has one without number or source."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(_("where the weights lie"), max_length=2048, blank=True)
    run_id = models.CharField(max_length=100, blank=True)
    run_link = models.CharField(max_length=500, blank=True)
    description = models.TextField(_("description"), blank=True)
    tags = models.JSONField(default=dict, blank=True)
    stage = models.CharField(max_length=10, choices=MLFLOW_STAGES, default=MlflowStage.NONE)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # A version of the running transaction can have no edge that others know of; see the trigger.
    transaction_id = models.BigIntegerField(
        db_default=RawSQL("(pg_current_xact_id()::text::bigint)", ()), editable=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(number=None), name="one_planned_version"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="version_newest"),
            models.Index(fields=["-updated_at", "-id"], name="version_changed"),
            models.Index(fields=["run_id"], condition=~Q(run_id=""), name="version_run"),
            GinIndex(OpClass("tags", "jsonb_path_ops"), name="version_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.number}" if self.number else f"{self.model} (planned)"


class Alias(models.Model):
    """A name that points to one version of a model and may be moved."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="aliases")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=256)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="alias_once_per_model"),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.version}"


class Fingerprint(models.Model):
    """What the headers of a version's safetensors files say; the weights never leave the site."""

    version = models.OneToOneField(
        Version, on_delete=models.CASCADE, primary_key=True, related_name="fingerprint"
    )
    architecture = models.CharField(max_length=64)  # sha256 of the sorted (name, dtype, shape)
    tensors = models.PositiveIntegerField()
    parameters = models.BigIntegerField()
    is_packed = models.BooleanField()  # quantised: several weights in one number
    # 63 bits of each tensor's digest: of its name and shape, and, where given, of its content
    structure = ArrayField(models.BigIntegerField())
    contents = ArrayField(models.BigIntegerField(), default=list)
    shards = models.JSONField(default=list)  # [{"name", "sha256", "bytes"}]
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["architecture"], name="fingerprint_architecture")]

    def __str__(self) -> str:
        return f"{self.version}: {self.architecture[:12]}"
