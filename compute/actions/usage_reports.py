"""Usage of clusters that are not connected: looked at first, booked, and taken back if wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from compute.models import Allocation, Cluster, LedgerEntry, UsageRecord, UsageReport
from compute.models.ledger import post
from compute.models.reports import total_id
from compute.usage_table import UsageRow, UsageTable, read_table
from projects.access import as_uuid
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event

Kind, Account = LedgerEntry.Kind, LedgerEntry.Account
Key = tuple[int, int]  # of a row: the job's id and when it was submitted
LATE_END = timedelta(days=31)  # a job may run on after the window that it began in


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
    *, cluster: Cluster, allocations: QuerySet[Allocation], text: str, now: datetime
) -> Preview:
    """What booking this table would do; nothing is written.

    `allocations` are those that the person may report for. Raises Conflict for a cluster whose
    accounting the portal reads itself.
    """
    if cluster.connection != Cluster.Connection.NONE:
        raise Conflict(
            _("%(cluster)s is connected: its accounting is read there, not reported.")
            % {"cluster": cluster}
        )
    table = read_table(text)
    preview = Preview(steps=table.steps, without_gpus=table.without_gpus, problems=table.problems)
    _find_changes(preview, table, cluster, allocations, now)
    preview.problems.sort(key=lambda problem: problem[0])
    return preview


@transaction.atomic
def report_usage(
    *,
    by: User,
    cluster: Cluster,
    allocations: QuerySet[Allocation],
    text: str,
    now: datetime,
) -> UsageReport:
    """Book a table of usage as a whole. Raises Invalid with every line that is wrong, Conflict."""
    Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)  # one report at a time
    preview = preview_report(cluster=cluster, allocations=allocations, text=text, now=now)
    if preview.problems:
        lines = [f"{_('Line')} {line}: {problem}" for line, problem in preview.problems]
        raise Invalid(
            _("Nothing was booked: %(n)s lines cannot be read.") % {"n": len(lines)},
            fields={"text": lines[:100]},
        )
    if not preview.changes:
        raise Conflict(_("All of this is booked already."))
    report = UsageReport.objects.create(cluster=cluster, by=by, at=now, text=text, changes=[])
    for number, change in enumerate(preview.changes):
        _book(report, number, change, now)
    report.save(update_fields=["changes"])
    record_event(by=by, kind="report_usage", about=report, now=now,
                 changes={"gpu_seconds": [0, report.gpu_seconds]})  # fmt: skip
    return report


@transaction.atomic
def undo_report(*, by: User, report: UsageReport, now: datetime) -> None:
    """Take a report back: reversing rows in the ledger, the records as they were before.

    Raises Conflict if it was undone, or a later report changed the same rows.
    """
    Cluster.objects.select_for_update(no_key=True).get(pk=report.cluster_id)
    rows = UsageReport.objects.filter(pk=report.pk, undone_at=None)
    if not rows.update(undone_at=now, undone_by=by):
        raise Conflict(_("This report was taken back already."))
    records = {
        str(record.pk): record
        for record in UsageRecord.objects.filter(pk__in=[one["record"] for one in report.changes])
    }
    for number, one in enumerate(report.changes):
        record = records.get(str(one["record"]))
        if record is None or record.report_id != report.pk:
            raise Conflict(_("A later report changed the same rows; take that back first."))
        amount = one["after"] - (one["before"] or 0)
        _move(record, -amount, f"undo:{report.pk}:{number}", by, now)
        _put_back(record, one["was"])
    record_event(by=by, kind="undo_report", about=report, now=now,
                 changes={"gpu_seconds": [report.gpu_seconds, 0]})  # fmt: skip


def _find_changes(
    preview: Preview,
    table: UsageTable,
    cluster: Cluster,
    allocations: QuerySet[Allocation],
    now: datetime,
) -> None:
    known = _accounts(cluster, allocations)
    booked = _booked(cluster)
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


class _Spans:
    """When which rows of an allocation ran: a total over what is counted already counts twice."""

    def __init__(self, records: Iterable[UsageRecord]) -> None:
        self._of: dict[UUID, dict[Key, tuple[int, int]]] = {}
        for row in records:
            if row.start_time is not None and row.end_time is not None:
                key = (row.slurm_job_id, row.submit_time)
                self.add(row.allocation_id, key, row.start_time, row.end_time)

    def add(self, allocation: UUID, key: Key, start: int, end: int) -> None:
        self._of.setdefault(allocation, {})[key] = (start, end)

    def double(self, row: UsageRow, key: Key, allocation: Allocation) -> str:
        """What is wrong with it, as a sentence; empty if nothing is counted twice."""
        start, end = row.start.timestamp(), row.end.timestamp()
        for other, (since, until) in self._of.get(allocation.pk, {}).items():
            one_is_total = row.job is None or other[0] < 0
            if other != key and one_is_total and since < end and until > start:
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


def _booked(cluster: Cluster) -> dict[tuple[int, int], UsageRecord]:
    rows = UsageRecord.objects.filter(cluster=cluster, restarts=0)
    return {(row.slurm_job_id, row.submit_time): row for row in rows.select_related("allocation")}


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


def _facts(row: UsageRow) -> dict[str, Any]:
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
    return all(getattr(record, name) == value for name, value in _facts(row).items())


def _book(report: UsageReport, number: int, change: Change, now: datetime) -> None:
    row, record = change.row, change.record
    was, before = (_as_kept(record) if record else None), change.before
    if record is None:
        record = UsageRecord(
            cluster_id=report.cluster_id,
            slurm_job_id=change.job_id,
            submit_time=int(row.submit.timestamp()),
            allocation=change.allocation,
            source=UsageRecord.Source.REPORTED,
        )
    for name, value in _facts(row).items():
        setattr(record, name, value)
    record.observed_at, record.report = now, report
    record.save()
    _move(record, row.gpu_seconds - (before or 0), f"report:{report.pk}:{number}", report.by, now)
    report.changes.append(
        {
            "record": record.pk,
            "allocation": str(change.allocation.pk),
            "before": before,
            "after": row.gpu_seconds,
            "was": was,
        }
    )


def _move(record: UsageRecord, amount: int, key: str, by: User, now: datetime) -> None:
    """Book more use, or reverse some."""
    if not amount:
        return
    more = amount > 0
    post(
        allocation_id=record.allocation_id,
        kind=Kind.USE if more else Kind.CORRECT,
        debit=Account.AVAILABLE if more else Account.USED,
        credit=Account.USED if more else Account.AVAILABLE,
        gpu_seconds=abs(amount),
        source_key=key,
        at=now,
        actor=by,
        may_overdraw=more,  # it was used: asking is too late
    )


_KEPT: Sequence[str] = (
    "unix_user", "state", "start_time", "end_time", "elapsed", "gpus", "gpu_seconds",
    "charge_unit",
)  # fmt: skip


def _as_kept(record: UsageRecord) -> dict[str, Any]:
    """What a record said, so that it can say it again."""
    said: dict[str, Any] = {name: getattr(record, name) for name in _KEPT}
    charged = None if record.charged is None else str(record.charged)
    report = str(record.report_id) if record.report_id else None
    return {**said, "charged": charged, "report": report}


def _put_back(record: UsageRecord, was: Mapping[str, Any] | None) -> None:
    if was is None:
        record.delete()
        return
    values = {name: was[name] for name in _KEPT}
    UsageRecord.objects.filter(pk=record.pk).update(
        **values, charged=was["charged"], report=was["report"]
    )
