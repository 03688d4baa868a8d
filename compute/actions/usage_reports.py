"""Usage of clusters that are not connected: looked at first, booked, and taken back if wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from compute.actions.usage_preview import Change, facts_of, preview_report
from compute.models import Allocation, Cluster, UsageRecord, UsageReport
from compute.models.ledger import adjust_use
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def report_usage(
    *,
    by: User,
    cluster: Cluster,
    allocations: QuerySet[Allocation],
    operates: bool,
    text: str,
    now: datetime,
) -> UsageReport:
    """Book a table of usage as a whole. Raises Invalid with every line that is wrong, Conflict."""
    Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)  # one report at a time
    preview = preview_report(
        by=by, cluster=cluster, allocations=allocations, operates=operates, text=text, now=now
    )
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
        adjust_use(
            allocation_id=record.allocation_id,
            gpu_seconds=-amount,
            source_key=f"undo:{report.pk}:{number}",
            at=now,
            actor=by,
        )
        _put_back(record, one["was"])
    record_event(by=by, kind="undo_report", about=report, now=now,
                 changes={"gpu_seconds": [report.gpu_seconds, 0]})  # fmt: skip


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
    for name, value in facts_of(row).items():
        setattr(record, name, value)
    record.observed_at, record.report = now, report
    record.save()
    adjust_use(
        allocation_id=record.allocation_id,
        gpu_seconds=row.gpu_seconds - (before or 0),
        source_key=f"report:{report.pk}:{number}",
        at=now,
        actor=report.by,
    )
    report.changes.append(
        {
            "record": record.pk,
            "allocation": str(change.allocation.pk),
            "before": before,
            "after": row.gpu_seconds,
            "was": was,
        }
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
