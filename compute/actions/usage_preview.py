"""What booking a table of usage would change, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from compute.models import Allocation, Cluster, UsageRecord
from compute.models.reports import total_id
from compute.usage_table import UsageRow, UsageTable, read_table
from projects.access import as_uuid
from projects.errors import Conflict
from projects.models import User

LATE_END = timedelta(days=31)  # a job may run on after the window that it began in
Key = tuple[int, int]  # of a row: the job's id and when it was submitted


@dataclass(frozen=True, slots=True)
class Change:
    """What booking one row would do; `before` is None for what is new."""

    row: UsageRow
    allocation: Allocation
    job_id: int
    record: UsageRecord | None

    @property
    def before(self) -> int | None:
        return self.record.gpu_seconds if self.record else None

    @property
    def added(self) -> int:
        """GPU-seconds that it adds to what is used."""
        return self.row.gpu_seconds - (self.before or 0)


@dataclass(slots=True)
class Preview:
    """What a report would change, and what is wrong with it."""

    changes: list[Change] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    same: int = 0  # rows that are booked so already
    steps: int = 0
    without_gpus: int = 0

    def by_allocation(self) -> list[tuple[Allocation, int, int]]:
        """Each allocation with the number of its rows and the GPU-seconds that they add."""
        found: dict[UUID, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.allocation.pk, []).append(change)
        return [
            (rows[0].allocation, len(rows), sum(row.added for row in rows))
            for rows in found.values()
        ]


def preview_report(
    *,
    by: User,
    cluster: Cluster,
    allocations: QuerySet[Allocation],
    operates: bool,
    text: str,
    now: datetime,
) -> Preview:
    """What booking this table would do; nothing is written.

    `allocations` are those that the person may report for; who operates the cluster may also
    correct what others reported. Raises Conflict for a cluster whose
    accounting the portal reads itself.
    """
    if cluster.connection != Cluster.Connection.NONE:
        raise Conflict(
            _("%(cluster)s is connected: its accounting is read there, not reported.")
            % {"cluster": cluster}
        )
    table = read_table(text)
    preview = Preview(steps=table.steps, without_gpus=table.without_gpus, problems=table.problems)
    _find_changes(preview, table, cluster, _accounts(cluster, allocations), now)
    if not operates:
        _keep_others(preview, by)
    preview.problems.sort(key=lambda problem: problem[0])
    return preview


def _find_changes(
    preview: Preview,
    table: UsageTable,
    cluster: Cluster,
    known: Mapping[str, Allocation],
    now: datetime,
) -> None:
    booked = _booked(cluster, table, known)
    spans = _Spans(booked.values())
    seen: dict[Key, int] = {}
    for row in table.rows:
        allocation = known.get(row.account)
        if allocation is None:
            preview.problems.append((row.line, _no_account(row)))
            continue
        job_id = total_id(allocation.pk) if row.job is None else row.job
        key = (job_id, int(row.submit.timestamp()))
        record = booked.get(key)
        problem = _problem(row, allocation, record, seen.get(key), now)
        problem = problem or spans.double(row, key, allocation)
        if problem:
            preview.problems.append((row.line, problem))
            continue
        if record and _says_same(record, row):
            preview.same += 1
        else:
            preview.changes.append(Change(row, allocation, job_id, record))
        seen[key] = row.line
        spans.add(allocation.pk, key, int(row.start.timestamp()), int(row.end.timestamp()))


def _keep_others(preview: Preview, by: User) -> None:
    """What somebody else reported is not changed by a project for itself."""
    for change in preview.changes:
        report = change.record.report if change.record else None
        if report is not None and report.by_id != by.pk:
            sentence = _("%(who)s reported this; only they or the cluster's operators correct it.")
            who = {"who": report.by.shown_name}
            preview.problems.append((change.row.line, sentence % who))


Span = tuple[int, int]  # [start, end) in epoch seconds


class _Spans:
    """When which rows of an allocation ran: a total over what is counted already counts twice.

    Totals are few, jobs may be thousands: a job is held against totals alone.
    """

    def __init__(self, records: Iterable[UsageRecord]) -> None:
        self._jobs: dict[UUID, dict[Key, Span]] = {}
        self._totals: dict[UUID, dict[Key, Span]] = {}
        for row in records:
            if row.start_time is not None and row.end_time is not None:
                key = (row.slurm_job_id, row.submit_time)
                self.add(row.allocation_id, key, row.start_time, row.end_time)

    def add(self, allocation: UUID, key: Key, start: int, end: int) -> None:
        spans = self._totals if key[0] < 0 else self._jobs
        spans.setdefault(allocation, {})[key] = (start, end)

    def double(self, row: UsageRow, key: Key, allocation: Allocation) -> str:
        """What is wrong with it, as a sentence; empty if nothing is counted twice."""
        start, end = row.start.timestamp(), row.end.timestamp()
        others = self._totals.get(allocation.pk, {})
        if row.job is None:
            others = others | self._jobs.get(allocation.pk, {})
        for other, (since, until) in others.items():
            if other != key and since < end and until > start:
                return _("It would count twice what is booked from %(start)s to %(end)s; report "
                         "either jobs or totals of a period.") % {
                    "start": f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d}",
                    "end": f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d}",
                }  # fmt: skip
        return ""


def _accounts(cluster: Cluster, allocations: QuerySet[Allocation]) -> dict[str, Allocation]:
    """Those one may report for, by Slurm account and by id."""
    rows = allocations.filter(pool__cluster=cluster).select_related("project", "pool", "balance")
    found = {allocation.slurm_account: allocation for allocation in rows}
    return found | {str(allocation.pk): allocation for allocation in found.values()}


def _booked(
    cluster: Cluster, table: UsageTable, known: Mapping[str, Allocation]
) -> dict[Key, UsageRecord]:
    """What is booked of the allocations and jobs that the table names; a cluster has far more."""
    named = {known[row.account].pk for row in table.rows if row.account in known}
    jobs = {row.job for row in table.rows if row.job is not None}
    rows = UsageRecord.objects.filter(cluster=cluster, restarts=0)
    rows = rows.filter(Q(allocation__in=named) | Q(slurm_job_id__in=jobs))
    return {
        (row.slurm_job_id, row.submit_time): row
        for row in rows.select_related("allocation", "report__by")
    }


def _no_account(row: UsageRow) -> str:
    if as_uuid(row.account):
        return _("There is no allocation of yours with this id on this cluster.")
    return _("“%(account)s” is no Slurm account of an allocation of yours on this cluster.") % {
        "account": row.account
    }


def _problem(
    row: UsageRow,
    allocation: Allocation,
    record: UsageRecord | None,
    before: int | None,
    now: datetime,
) -> str:
    """What is wrong with one row, as a sentence; empty if nothing is."""
    begin = datetime.combine(allocation.start, time(), UTC)
    is_outside = not begin <= row.start < allocation.ends_at
    checks = [
        (row.end > now, _("It has not ended yet; report it once it has.")),
        (
            row.gpu_seconds > allocation.pool.gpu_count * (row.end - row.start).total_seconds(),
            _("All GPUs of %(pool)s together cannot have used that in this time.")
            % {"pool": allocation.pool},
        ),
        (
            before is not None,
            _("It says the same as line %(line)s; give each job or period once.")
            % {"line": before},
        ),
        (
            record is not None and record.source == UsageRecord.Source.SLURM,
            _("The portal read this job in the cluster's own accounting."),
        ),
        (
            record is not None and record.allocation_id != allocation.pk,
            _("This job is booked under another allocation."),
        ),
        (
            is_outside or row.end > allocation.ends_at + LATE_END,
            _("It lies outside of the allocation's window, %(start)s to %(end)s.")
            % {"start": allocation.start, "end": allocation.end},
        ),
    ]
    return next((sentence for is_wrong, sentence in checks if is_wrong), "")


def facts_of(row: UsageRow) -> dict[str, Any]:
    return {
        "unix_user": row.user,
        "state": row.state,
        "start_time": int(row.start.timestamp()),
        "end_time": int(row.end.timestamp()),
        "elapsed": int((row.end - row.start).total_seconds()),
        "gpus": row.gpus,
        "gpu_seconds": row.gpu_seconds,
        "charged": row.charged,
        "charge_unit": row.unit,
    }


def _says_same(record: UsageRecord, row: UsageRow) -> bool:
    return all(getattr(record, name) == value for name, value in facts_of(row).items())
