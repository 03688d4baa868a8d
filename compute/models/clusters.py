"""Clusters: what an operator declares, what the portal observes, and the credentials for both."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.states import Holds
from projects.models import sealed
from projects.models.people import User

if TYPE_CHECKING:
    from projects.scoping import Person

SILENT_AFTER = timedelta(minutes=2)
TOKEN_SKEW = timedelta(seconds=60)
SLURM_NAME = RegexValidator(r"^[a-z][a-z0-9_-]{0,39}\Z", _("Small letters, digits, - and _."))


HOLDS_LABELS = [
    (Holds.NOT_PROVEN.value, _("not proven yet")),
    (Holds.KEPT.value, _("kept")),
    (Holds.IGNORED.value, _("ignored")),
]


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def visible_to(self, person: Person) -> Self:
        """Any signed-in member of a partner, and operators, see which clusters there are."""
        if not person.is_authenticated:
            return self.none()
        if person.standing.is_of_partner:
            return self
        return self.operated_by(person)

    def operated_by(self, person: Person) -> Self:
        """The clusters whose record and credentials the person keeps."""
        return self.filter(operators__user=person.pk)

    def connected(self) -> Self:
        """Clusters that the portal reads from or submits to."""
        return self.exclude(connection=Cluster.Connection.NONE)

    def silent(self, now: datetime) -> Self:
        """Connected ones that have not answered for so long that figures must say so."""
        late = Q(health__answered_at=None) | Q(health__answered_at__lt=now - SILENT_AFTER)
        return self.connected().filter(late).select_related("health", "partner")


class Cluster(models.Model):
    """An HPC system run by a partner, reached through its slurmrestd."""

    class Connection(models.TextChoices):
        NONE = "none", _("none (catalogue entry)")
        OBSERVE = "observe", _("observe (read only)")
        RUN = "run", _("run (submits jobs)")

    class LimitMode(models.TextChoices):
        VERIFY = "verify", _("verify (the site sets limits, the portal reads back)")
        APPLY = "apply", _("apply (the portal sets limits and reads back)")

    class UsageDecay(models.TextChoices):
        UNKNOWN = "", _("not declared")
        NONE = "none", _("does not fade: a limit holds over the account's whole life")
        FADES = "fades", _("fades: used GPU-hours come back with time")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    partner = models.ForeignKey("projects.Partner", on_delete=models.PROTECT, related_name="+")
    description = models.TextField(_("description"), blank=True)
    connection = models.CharField(
        _("connection"), max_length=8, choices=Connection, default=Connection.NONE
    )
    limit_mode = models.CharField(
        _("limits"), max_length=8, choices=LimitMode, default=LimitMode.VERIFY
    )
    usage_decay = models.CharField(
        _("used GPU-hours"),
        max_length=8,
        choices=UsageDecay,
        default=UsageDecay.UNKNOWN,
        db_default=UsageDecay.UNKNOWN,
        blank=True,
        help_text=_(
            "As PriorityDecayHalfLife and PriorityUsageResetPeriod say, which the portal cannot "
            "read. Only where they do not fade is a limit that was read back in force."
        ),
    )
    rest_url = models.URLField(_("address of slurmrestd"), blank=True)
    slurm_cluster = models.CharField(
        _("Slurm's name for it"), max_length=40, blank=True, validators=[SLURM_NAME]
    )
    parent_account = models.CharField(
        _("CESAI parent account"), max_length=40, default="cesai", validators=[SLURM_NAME]
    )
    project_directory = models.CharField(
        _("project directory"),
        max_length=200,
        default="/home/{unix_user}",
        help_text=_("{unix_user} stands for the project's UNIX user."),
    )
    quarantine_minutes = models.PositiveSmallIntegerField(
        _("quarantine in minutes"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_(
            "Where the site does not keep holds: so long an unanswered submission rests before it "
            "is sent again. Longer than any call may be under way there."
        ),
    )
    sacctmgr = models.CharField(
        _("how sacctmgr is called there"), max_length=300, default="sacctmgr"
    )
    # Of an entry that is not connected: what public pages say, with source, date and confidence
    public_record = models.JSONField(default=dict, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    # The stop of dispatch (`ClusterHealth.stop`) that its operator has looked at and lifted
    lifted_stop = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")

    def __str__(self) -> str:
        return self.name

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is handed over or released there, until the operator says so."""
        return self.health.stop is not None and self.health.stop != self.lifted_stop

    def has_consent(self) -> bool:
        """Whether the site's agreement to jobs from the portal is on record and holds."""
        return self.consents.filter(withdrawn_at=None).exists()

    def staff(self) -> models.QuerySet[User]:
        """The people who operate it and can log in."""
        return User.objects.filter(is_active=True, pk__in=self.operators.values("user"))

    def directory_of(self, unix_user: str) -> str:
        """The directory below which the jobs of a UNIX user work."""
        return self.project_directory.replace("{unix_user}", unix_user)


class ClusterHealth(models.Model):
    """What the portal saw of a cluster; written by sync alone."""

    cluster = models.OneToOneField(
        Cluster, on_delete=models.CASCADE, primary_key=True, related_name="health"
    )
    is_up = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # the last time it answered
    unreachable_since = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)  # the last list that its live jobs were held to
    slurm_version = models.CharField(max_length=40, blank=True)
    wire = models.CharField(max_length=16, blank=True)
    last_error = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)  # by PostgreSQL's clock
    lease_holder = models.UUIDField(null=True)
    # The database that this row was written in: another one means that it was restored
    database = models.CharField(max_length=100, blank=True)
    stop = models.UUIDField(null=True)  # dispatch stands still until an operator lifts it
    stopped_at = models.DateTimeField(null=True)
    knows_until = models.DateTimeField(null=True)  # the last answer before the restore
    reconciled_at = models.DateTimeField(null=True)  # since the stop
    adopted = models.PositiveIntegerField(default=0)
    holds = models.CharField(max_length=8, choices=HOLDS_LABELS, default="", blank=True)
    holds_probed_at = models.DateTimeField(null=True)
    holds_detail = models.TextField(blank=True)  # why it could not be proved

    def __str__(self) -> str:
        return f"{self.cluster}: {'up' if self.is_up else 'down'}"

    def is_stale(self, now: datetime) -> bool:
        """Whether the last answer is so old that figures must say so."""
        return self.answered_at is None or now - self.answered_at > SILENT_AFTER


class ClusterOperator(models.Model):
    """A person who keeps a cluster's record, credentials and maintenance."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="operators")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "user"], name="operator_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} runs {self.cluster}"


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable(self, now: datetime) -> Self:
        """Those whose token will still be good when it arrives (60 s of skew)."""
        return self.filter(expires_at__gt=now + TOKEN_SKEW)


class Credential(models.Model):
    """A cluster's token for one UNIX user, as the site delivered it; never shown again."""

    class Kind(models.TextChoices):
        CONTROL = "control", _("control: keeps accounts under the parent account")
        RUN = "run", _("run: submits the jobs of one project")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="credentials")
    unix_user = models.CharField(max_length=32)
    kind = models.CharField(max_length=8, choices=Kind)
    sealed_token = models.TextField()
    expires_at = models.DateTimeField()
    delivered_at = models.DateTimeField()
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "unix_user"], name="one_credential_per_unix_user"
            ),
            models.UniqueConstraint(
                fields=["cluster"],
                condition=models.Q(kind="control"),
                name="one_control_credential",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unix_user} on {self.cluster} ({self.kind})"

    def seal(self, token: str) -> None:
        """Keep a token, encrypted for this row."""
        self.sealed_token = sealed.seal(token, row=self.pk, column="token")

    def token(self) -> str:
        """The token in clear. Raises sealed.Unreadable."""
        return sealed.unseal(self.sealed_token, row=self.pk, column="token")
