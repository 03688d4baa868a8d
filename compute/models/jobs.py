"""Jobs: one intent to run one script once."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation
from compute.models.clusters import Cluster
from compute.models.seeing import seen
from compute.quota import reservation
from compute.states import FINAL, JOB_MOVES, ON_CLUSTER, JobState, Waiting
from projects.models.groups import Membership
from projects.models.moves import Move, Stateful
from projects.roles import GROUP_ROLES, Verb, verbs_of

if TYPE_CHECKING:
    from projects.scoping import Person

TOKEN_PREFIX = "cesai-"  # noqa: S105 (a job's name is no secret)
ATTEMPTS = 5
STATE_LABELS = [
    (JobState.NEW.value, _("accepted")),
    (JobState.SENDING.value, _("being handed over")),
    (JobState.KNOWN.value, _("handed over, being released")),
    (JobState.RELEASED.value, _("released")),
    (JobState.PENDING.value, _("waiting")),
    (JobState.RUNNING.value, _("running")),
    (JobState.COMPLETED.value, _("completed")),
    (JobState.FAILED.value, _("failed")),
    (JobState.CANCELLED.value, _("cancelled")),
    (JobState.TIMEOUT.value, _("time limit reached")),
    (JobState.NODE_FAIL.value, _("node failed")),
    (JobState.OUT_OF_MEMORY.value, _("out of memory")),
    (JobState.PREEMPTED.value, _("preempted")),
    (JobState.DEADLINE.value, _("deadline passed")),
    (JobState.BOOT_FAIL.value, _("node did not start")),
    (JobState.REFUSED.value, _("refused by the cluster")),
    (JobState.BLOCKED.value, _("waits for a credential")),
    (JobState.UNKNOWN.value, _("the operator decides")),
]
WAITING_LABELS = [
    (Waiting.NOTHING.value, ""),
    (Waiting.LIMIT.value, _("the limit on the cluster")),
    (Waiting.PAUSE.value, _("the end of the allocation's pause")),
    (Waiting.CREDENTIAL.value, _("a credential from the site")),
    (Waiting.CLUSTER.value, _("the cluster")),
    (Waiting.OPERATOR.value, _("the cluster's operator")),
]


def token_of(key: uuid.UUID) -> str:
    """The name under which a cluster knows the intent with this id; never used twice."""
    return f"{TOKEN_PREFIX}{key}"


def key_of(token: str) -> uuid.UUID | None:
    """The id of the intent whose token this is; None for any other name."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    try:
        return uuid.UUID(token.removeprefix(TOKEN_PREFIX))
    except ValueError:
        return None


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, person: Person) -> Self:
        """The project's groups, portal staff, and the operators of the cluster."""
        return seen(self, person, cluster="cluster")

    def live(self) -> Self:
        """Those that are not final."""
        return self.exclude(state__in=FINAL)

    def on_cluster(self) -> Self:
        """Those that the cluster knows and that are not final."""
        return self.filter(state__in=ON_CLUSTER)

    def unsettled(self) -> Self:
        """Final on the cluster, but their reservation is not yet use and return."""
        return self.filter(state__in=FINAL, settled_at=None)


def submitter_may() -> Q:
    """Jobs whose submitter still has the right to submit in the project.

    Who left the group, was made a guest, was deactivated or has not confirmed a federated right
    in time has it no more.
    """
    roles = [role for role in GROUP_ROLES if Verb.SUBMIT_JOB in verbs_of(frozenset({role}))]
    rows = Membership.objects.lasting().filter(
        user=OuterRef("submitted_by"), user__is_active=True, role__in=roles
    )
    leads = rows.filter(group__led_projects=OuterRef("project"))
    joined = rows.filter(group__participations__project=OuterRef("project"))
    return Q(Exists(leads)) | Q(Exists(joined))


class Job(Stateful):
    """One intent; becomes at most one running Slurm job."""

    MOVES = JOB_MOVES
    KEEPS_REASON = True

    # Intent: written when it is submitted, and by cancelling.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)  # for people only
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="jobs")
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="jobs")
    version = models.ForeignKey(
        "registry.Version", on_delete=models.PROTECT, null=True, related_name="+"
    )
    template = models.ForeignKey(  # what it was made of
        "compute.TemplateVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField()
    script = models.TextField()
    array_tasks = models.PositiveIntegerField(default=1)  # each of the size below
    gpus = models.PositiveIntegerField()  # over all nodes
    nodes = models.PositiveIntegerField(default=1)
    minutes = models.PositiveIntegerField()
    options = models.JSONField(default=dict)  # the rest of the job description, checked
    environment = models.JSONField(default=dict)
    working_directory = models.CharField(max_length=500)
    reserved_gpu_seconds = models.BigIntegerField()
    # Unanswered submissions before the operator is asked; sending again allows more of them
    attempts_allowed = models.PositiveSmallIntegerField(default=ATTEMPTS)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    # Observation: written by sync alone.
    state = models.CharField(max_length=16, choices=STATE_LABELS, default=JobState.NEW.value)
    waiting_for = models.CharField(
        max_length=12, choices=WAITING_LABELS, default=Waiting.NOTHING.value, blank=True
    )
    reason = models.TextField(blank=True)  # Slurm's word, or a sentence of ours
    slurm_job_id = models.BigIntegerField(null=True)  # of an array the id of the whole
    task_states = models.JSONField(default=dict)  # of an array: state → how many tasks
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    exit_code = models.IntegerField(null=True)
    signal = models.IntegerField(null=True)
    used_gpu_seconds = models.BigIntegerField(null=True)  # None: not booked yet
    settled_at = models.DateTimeField(null=True)
    observed_at = models.DateTimeField(null=True)  # the last news; see `as_of`

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "slurm_job_id", "submitted_at"], name="one_intent_per_slurm_job"
            ),
            models.CheckConstraint(
                condition=Q(gpus__gt=0) & Q(minutes__gt=0) & Q(nodes__gt=0), name="job_has_size"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-submitted_at"], name="job_by_project"),
            models.Index(fields=["-submitted_at", "-id"], name="job_by_time"),
            models.Index(
                fields=["cluster", "state"],
                condition=~Q(state__in=sorted(state.value for state in FINAL)),
                name="job_live",
            ),
            models.Index(
                fields=["cluster"],
                condition=Q(settled_at=None, state__in=sorted(state.value for state in FINAL)),
                name="job_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.token

    @property
    def token(self) -> str:
        """The name under which the cluster knows it; never used twice."""
        return token_of(self.pk)

    @property
    def is_final(self) -> bool:
        """Whether its state will not change any more."""
        return self.state in FINAL

    @property
    def is_undecided(self) -> bool:
        """Whether the operator has to say what becomes of it."""
        asked = self.cancel_requested_at or self.attempts < self.attempts_allowed
        return self.state == JobState.UNKNOWN and not asked

    @property
    def is_moving(self) -> bool:
        """Whether its page still has news to expect: it runs, or its use is not booked yet."""
        return not self.is_final or self.settled_at is None

    @property
    def script_sha256(self) -> str:
        """What those who may not read the script see of it."""
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def log_path(self) -> str:
        """Where the output lies on the cluster; slurmrestd cannot give its content."""
        asked = str(self.options.get("output") or "")
        usual = "slurm-%A_%a.out" if self.array else "slurm-%j.out"
        name = (asked or usual).replace("%x", self.token)
        if self.slurm_job_id:
            name = name.replace("%A", str(self.slurm_job_id))
            name = name if self.array else name.replace("%j", str(self.slurm_job_id))
        return name if name.startswith("/") else f"{self.working_directory}/{name}"

    @property
    def as_of(self) -> datetime | None:
        """When the cluster last said what stands here; None if it was not seen there yet.

        A look without news is noted once for the cluster, not for each of its jobs.
        """
        looked = self.cluster.health.followed_at if self.state in ON_CLUSTER else None
        if looked and self.sent_at and looked > self.sent_at:
            return max(looked, self.observed_at or looked)
        return self.observed_at

    @property
    def elapsed(self) -> timedelta | None:
        """Running time between start and end, if both are known."""
        return self.ended_at - self.started_at if self.ended_at and self.started_at else None

    @property
    def array(self) -> str:
        """Which tasks it has, as `0-3,7%2`; "" if it is no array."""
        return str(self.options.get("array", ""))

    def reserves(self) -> int:
        """GPU-seconds that it may use at most, over all tasks."""
        return reservation(gpus=self.gpus, minutes=self.minutes) * self.array_tasks

    def tasks_in_words(self) -> list[tuple[object, int]]:
        """Of an array: the states of its tasks, and how many are in each."""
        labels: dict[str, object] = dict(STATE_LABELS)
        return [(labels[state], count) for state, count in self.task_states.items()]

    def steps(self) -> list[tuple[str, datetime | None]]:
        """The five steps that people follow, with the time of each one reached."""
        at: dict[str, Any] = {move.to_state: move.at for move in reversed(self.moves.all())}
        return [
            ("accepted", self.submitted_at),
            ("handed_over", at.get(JobState.KNOWN)),
            ("waiting", at.get(JobState.RELEASED)),
            ("running", self.started_at),
            ("finished", self.ended_at),
        ]


class JobMove(Move):
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="moves")

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
