"""The weekly comparison: what is missing is booked, what differs is listed and left."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from compute.actions.accounting import correct_difference
from compute.models import (
    AccountingCursor,
    AccountingDifference,
    Allocation,
    Job,
    LedgerEntry,
    UsageRecord,
)
from dev.simulator.jobs import Job as SlurmJob
from tests import make
from tests.compute.sync.site import LASTS, Site, balance_of, submit
from tests.conftest import Caller

WEEK = timedelta(days=8)
HOURS_AGO = 3 * 3600


@pytest.fixture
def ended(site: Site, allocation: Allocation) -> SlurmJob:
    """A foreign job that ended hours ago, booked: 100 GPU-seconds.

    Its allocation is a little older, so that both lie in one month on the first day of it, too.
    """
    older = make.now() - timedelta(seconds=HOURS_AGO + 200)
    Allocation.objects.filter(pk=allocation.pk).update(created_at=older)
    job = submit(allocation)
    Job.objects.filter(pk=job.pk).update(state="cancelled", settled_at=make.now())
    row = site.arrive(job, name="by hand", is_held=False, script=LASTS)
    site.finish(row, 100)
    move(row, -HOURS_AGO)
    site.sync(now=make.now() + timedelta(minutes=2))
    assert balance_of(allocation)[2] == 100
    return row


def move(row: SlurmJob, seconds: float) -> None:
    run = row.run
    assert run.started_at
    assert run.ended_at
    object.__setattr__(run, "started_at", run.started_at + seconds)
    object.__setattr__(run, "ended_at", run.ended_at + seconds)
    object.__setattr__(run, "submitted_at", run.submitted_at + seconds)


def week_later(site: Site) -> datetime:
    """The comparison is due, although the clock of the machine stands still."""
    AccountingCursor.objects.update(compared_at=make.now() - WEEK)
    whole_round(site)
    return make.now()


def whole_round(site: Site) -> None:
    """One pass for each month since the allocation was made: two on the first of a month."""
    site.sync(now=make.now() + timedelta(minutes=2))
    while AccountingCursor.objects.exclude(comparing_month=None).exists():
        site.sync(now=make.now() + timedelta(minutes=2))


def differences(**which: Any) -> list[str]:
    rows = AccountingDifference.objects.filter(gone_at=None, **which)
    return list(rows.values_list("kind", flat=True))


def test_where_all_agrees_nothing_is_listed(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    week_later(site)
    assert differences() == []
    assert balance_of(allocation)[2] == 100


def test_it_is_made_once_a_week(site: Site, ended: SlurmJob) -> None:
    first = AccountingCursor.objects.get().compared_at
    site.sync(now=make.now() + timedelta(days=6))
    assert AccountingCursor.objects.get().compared_at == first


def test_what_was_never_read_is_found_and_booked(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    """As after a gap longer than the overlap."""
    UsageRecord.objects.all().delete()
    job = submit(allocation)
    Job.objects.filter(pk=job.pk).update(state="cancelled", settled_at=make.now())
    row = site.arrive(job, name="missed", is_held=False, script=LASTS)
    site.finish(row, 50)
    move(row, -HOURS_AGO)
    AccountingCursor.objects.update(read_until=make.now() + timedelta(days=30))
    week_later(site)
    assert balance_of(allocation)[2] == 150
    assert differences() == []


def test_another_amount_is_listed_and_left(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    """As when the site's staff correct a runaway job."""
    object.__setattr__(ended.run, "ended_at", ended.run.started_at + 40)  # type: ignore[operator]
    week_later(site)
    [found] = AccountingDifference.objects.all()
    assert (found.kind, found.booked_gpu_seconds, found.said_gpu_seconds) == ("amount", 100, 40)
    assert found.difference == 60
    assert balance_of(allocation)[2] == 100


def test_what_is_made_good_is_no_difference_any_more(site: Site, ended: SlurmJob) -> None:
    end = ended.run.ended_at
    object.__setattr__(ended.run, "ended_at", ended.run.started_at + 40)  # type: ignore[operator]
    week_later(site)
    object.__setattr__(ended.run, "ended_at", end)
    week_later(site)
    [found] = AccountingDifference.objects.all()
    assert found.gone_at is not None
    assert differences() == []


def test_what_the_cluster_forgot_is_listed(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    site.simulated.scheduler.jobs.pop(ended.job_id)
    week_later(site)
    assert differences() == ["gone"]
    assert balance_of(allocation)[2] == 100


def test_a_row_without_an_end_beyond_any_limit_is_a_runaway(
    site: Site, allocation: Allocation
) -> None:
    job = submit(allocation)
    site.sync()
    row = site.of(job)
    long_ago = time.time() - 10 * 24 * 3600
    object.__setattr__(row.run, "started_at", long_ago)
    object.__setattr__(row.run, "submitted_at", long_ago)
    week_later(site)
    assert differences() == ["runaway"]
    assert not LedgerEntry.objects.filter(kind="use").exists()


def test_without_the_accounting_it_is_made_later(site: Site, ended: SlurmJob) -> None:
    site.simulator.faults.database_is_down = True
    week_later(site)
    before = AccountingCursor.objects.get().compared_at
    assert before is not None
    assert make.now() - before > timedelta(days=7)
    assert differences() == []
    site.simulator.faults.database_is_down = False
    site.sync(now=make.now() + timedelta(minutes=4))
    whole_round(site)
    after = AccountingCursor.objects.get().compared_at
    assert after is not None
    assert after > before


def test_a_history_of_months_is_compared_one_a_pass(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    """So that years of it keep no job waiting; the round is over with the last month."""
    old = make.now() - timedelta(days=70)
    Allocation.objects.update(created_at=old)
    AccountingCursor.objects.update(compared_at=make.now() - WEEK)
    months = []
    for n in range(4):
        site.sync(now=make.now() + timedelta(minutes=n))
        months.append(AccountingCursor.objects.get().comparing_month)
    cursor = AccountingCursor.objects.get()
    assert months[0] is not None
    assert months[0] > old.date()
    assert cursor.comparing_month is None
    assert cursor.compared_at
    assert cursor.compared_at > make.now() - timedelta(hours=1)


def test_a_difference_of_another_month_stays_until_its_own_is_compared(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    week_later(site)
    AccountingDifference.objects.create(
        cluster=site.cluster, allocation=allocation, kind="gone", month="2020-01-01",
        slurm_job_id=99, submit_time=1, booked_gpu_seconds=1, said_gpu_seconds=0,
        found_at=make.now(), last_seen_at=make.now(),
    )  # fmt: skip
    week_later(site)
    assert differences() == ["gone"]


def test_what_a_person_corrected_agrees_from_then_on(
    site: Site, ended: SlurmJob, allocation: Allocation, quota_admin: Caller
) -> None:
    """The ledger has another amount than the cluster; after the decision both say the same."""
    object.__setattr__(ended.run, "ended_at", ended.run.started_at + 40)  # type: ignore[operator]
    week_later(site)
    assert differences() == ["amount"]
    correct_difference(
        by=quota_admin.user, difference=AccountingDifference.objects.get(gone_at=None),
        reason="sacct says so", now=make.now(),
    )  # fmt: skip
    week_later(site)
    assert differences() == []


def test_what_is_gone_counts_what_was_booked_not_what_was_said_last(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    UsageRecord.objects.filter(slurm_job_id=ended.job_id).update(gpu_seconds=500)
    del site.simulated.scheduler.jobs[ended.job_id]
    week_later(site)
    [found] = AccountingDifference.objects.filter(gone_at=None)
    assert (found.kind, found.booked_gpu_seconds) == ("gone", 100)


def test_a_runaway_stays_one_difference_over_months(
    site: Site, ended: SlurmJob, allocation: Allocation
) -> None:
    known = AccountingDifference.objects.create(
        cluster=site.cluster, allocation=allocation, kind="runaway", month="2020-01-01",
        slurm_job_id=99, submit_time=1, booked_gpu_seconds=0, said_gpu_seconds=0,
        found_at=make.now(), last_seen_at=make.now(),
    )  # fmt: skip
    Allocation.objects.update(created_at=make.now() - timedelta(days=70))
    AccountingCursor.objects.update(compared_at=make.now() - WEEK)
    site.sync(now=make.now() + timedelta(minutes=2))
    known.refresh_from_db()
    assert known.gone_at is None  # the first month's part says nothing of it
