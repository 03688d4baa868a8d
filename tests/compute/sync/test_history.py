"""Reading a cluster's accounting: every row once, in whatever order, foreign ones marked."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute.models import AccountingCursor, Allocation, Job, LedgerEntry, UsageRecord
from compute.slurm.types import JobRecord
from compute.sync.accounting import accounts_of, settle, take
from dev.simulator.jobs import Job as SlurmJob
from tests import make
from tests.compute.sync.site import LASTS, Site, balance_of, submit

ALL = 60 * 3600


def later(minutes: int = 2) -> Any:
    return make.now() + timedelta(minutes=minutes)


@pytest.fixture
def foreign(site: Site, job: Job) -> SlurmJob:
    """Somebody of the project used the account with sbatch at the site."""
    Job.objects.update(state="cancelled", settled_at=make.now())
    row = site.arrive(job, name="by hand", is_held=False, script=LASTS)
    assert row.run.state == "RUNNING"
    return row


def test_a_foreign_job_is_booked_once_and_marked(
    site: Site, foreign: SlurmJob, allocation: Allocation
) -> None:
    site.finish(foreign, 100)
    for minutes in (2, 4, 6):
        site.sync(now=later(minutes))
    record = UsageRecord.objects.get(slurm_job_id=foreign.job_id)
    assert (record.is_foreign, record.gpu_seconds) == (True, 100)
    assert balance_of(allocation)[2] == 100


def test_a_row_without_an_end_is_kept_and_not_booked(
    site: Site, foreign: SlurmJob, allocation: Allocation
) -> None:
    began = time.time() - 50
    foreign.run = replace(foreign.run, submitted_at=began, started_at=began)
    site.sync(now=later())
    record = UsageRecord.objects.get()
    assert (record.end_time, record.gpu_seconds >= 50) == (None, True)
    assert balance_of(allocation)[2] == 0
    site.finish(foreign, 100)
    site.sync(now=later(4))
    assert balance_of(allocation)[2] == 100


def test_jobs_of_other_accounts_are_none_of_ours(
    site: Site, foreign: SlurmJob, allocation: Allocation
) -> None:
    other = make.make_allocation(pool=allocation.pool, in_force=False)
    site.deliver(other.unix_user)
    site.sync()
    stranger = site.arrive(Job.objects.get(), user=other.unix_user, account=other.slurm_account)
    site.finish(stranger, 100)
    site.finish(foreign, 10)
    site.sync(now=later())
    assert balance_of(allocation)[2] == 10
    assert balance_of(other)[2] == 100


def test_the_history_is_read_once_a_minute(site: Site, foreign: SlurmJob) -> None:
    now = make.now()
    site.sync(now=now + timedelta(minutes=2))
    first = AccountingCursor.objects.get().read_until
    site.sync(now=now + timedelta(minutes=2, seconds=30))
    assert AccountingCursor.objects.get().read_until == first
    site.sync(now=now + timedelta(minutes=3))
    assert AccountingCursor.objects.get().read_until > first


def test_a_portal_job_is_booked_by_settling_not_by_the_history(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.sync()
    site.finish(site.of(job), 100)
    for minutes in (2, 4):
        site.sync(now=later(minutes))
    record = UsageRecord.objects.get()
    assert (record.job, record.is_foreign) == (job, False)
    assert balance_of(allocation) == (ALL - 100, 0, 100)


def test_a_late_row_of_a_settled_job_is_booked_from_what_is_available(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.sync()
    row = site.of(job)
    site.finish(row, 100)
    site.sync()
    late = record_of(job, allocation, submit_time=1_700_000_000, elapsed=30)
    for _ in range(2):
        book(allocation, late)
    job.refresh_from_db()
    assert (job.used_gpu_seconds, balance_of(allocation)) == (130, (ALL - 130, 0, 130))


def test_an_id_used_again_by_another_job_is_another_record(
    site: Site, job: Job, allocation: Allocation
) -> None:
    site.sync()
    site.finish(site.of(job), 100)
    site.sync()
    reused = record_of(job, allocation, name="another", submit_time=1_800_000_000, elapsed=7)
    book(allocation, reused)
    assert UsageRecord.objects.filter(slurm_job_id=reused.job_id).count() == 2
    assert UsageRecord.objects.get(submit_time=1_800_000_000).is_foreign
    job.refresh_from_db()
    assert job.used_gpu_seconds == 100


def book(allocation: Allocation, *records: JobRecord) -> None:
    take(accounts_of(allocation.pool.cluster), records, now=make.now())


def record_of(job: Job, allocation: Allocation, **values: Any) -> JobRecord:
    """An ended row of one GPU."""
    start = values.get("submit_time", 1_700_000_000)
    elapsed = values.get("elapsed", 10)
    shape = {
        "cluster": "north",
        "job_id": job.slurm_job_id or 1,
        "name": job.token,
        "account": allocation.slurm_account,
        "user": allocation.unix_user,
        "partition": "gpu",
        "state": "COMPLETED",
        "submit_time": start,
        "start_time": start,
        "end_time": start + elapsed,
        "elapsed": elapsed,
        "gpus": 1,
    }
    return JobRecord(**{**shape, **values})


@st.composite
def replays(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows of a history, and an order in which they come, some of them several times."""
    row = st.fixed_dictionaries(
        {
            "job_id": st.integers(1, 4),
            "submit_time": st.sampled_from([1_700_000_000, 1_700_000_100]),
            "restarts": st.sampled_from([0, 1, 10]),
            "is_ours": st.booleans(),
            "elapsed": st.integers(0, 500),
        }
    )
    key = lambda r: (r["job_id"], r["submit_time"], r["restarts"])  # noqa: E731
    rows = draw(st.lists(row, min_size=1, max_size=8, unique_by=key))
    order = draw(st.lists(st.integers(0, len(rows) - 1), min_size=len(rows), max_size=20))
    return rows, [*order, *draw(st.permutations(range(len(rows))))]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(replay=replays(), settles_after=st.integers(0, 10))
def test_shuffled_and_repeated_replays_book_every_row_once(
    plain_allocation: Allocation,
    replay: tuple[list[dict[str, Any]], list[int]],
    settles_after: int,
) -> None:
    rows, order = replay
    with transaction.atomic():
        allocation = plain_allocation
        before = balance_of(allocation)
        job = submit(allocation)
        Job.objects.filter(pk=job.pk).update(state="completed", slurm_job_id=1)
        job.refresh_from_db()
        facts = [fact(job, allocation, **row) for row in rows]
        ours = [f for f in facts if f.job_id == 1 and f.name == job.token]
        for number, index in enumerate(order):
            if number == settles_after:
                settle(job, ours, now=make.now())
            book(allocation, facts[index])
        settle(job, ours, now=make.now())
        total = sum(f.elapsed for f in facts)
        assert balance_of(allocation) == (before[0] - total, 0, before[2] + total)
        keys = LedgerEntry.objects.filter(kind="use").values_list("source_key", flat=True)
        assert len(keys) == len(set(keys))
        transaction.set_rollback(True)


def fact(job: Job, allocation: Allocation, *, is_ours: bool, **values: Any) -> JobRecord:
    name = job.token if is_ours and values["job_id"] == 1 else "by hand"
    return record_of(job, allocation, name=name, **values)


@pytest.fixture
def plain_allocation(db: None) -> Allocation:
    """Needs no cluster."""
    return make.make_allocation()
