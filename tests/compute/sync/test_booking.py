"""Many rows booked at once: kept as they come, booked once, in balances and ledger alike."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from compute.models import Allocation, Job, LedgerEntry, UsageRecord
from compute.slurm.types import JobRecord
from compute.sync.accounting import accounts_of, settle, take
from tests import make
from tests.compute.sync.site import balance_of

ALL = 60 * 3600


@pytest.fixture
def allocation(db: None) -> Allocation:
    return make.make_allocation()


def row(allocation: Allocation, job_id: int, **values: Any) -> JobRecord:
    start = 1_700_000_000 + job_id
    elapsed = values.get("elapsed", 10)
    shape = {
        "cluster": "north",
        "job_id": job_id,
        "name": "by hand",
        "account": allocation.slurm_account,
        "user": "somebody",
        "partition": "gpu",
        "state": "COMPLETED",
        "submit_time": start,
        "start_time": start,
        "end_time": start + elapsed,
        "elapsed": elapsed,
        "gpus": 2,
    }
    return JobRecord(**{**shape, **values})


def book(allocation: Allocation, records: list[JobRecord]) -> tuple[int, int]:
    return take(accounts_of(allocation.pool.cluster), records, now=make.now())


def test_rows_of_several_allocations_are_booked_to_each(allocation: Allocation) -> None:
    other = make.make_allocation(pool=allocation.pool)
    records = [row(allocation, n) for n in range(1, 6)]
    records += [row(other, n, elapsed=100) for n in range(11, 14)]
    assert book(allocation, records) == (8, 8)
    assert balance_of(allocation) == (ALL - 100, 0, 100)
    assert balance_of(other) == (ALL - 600, 0, 600)


def test_three_shuffled_replays_change_nothing(allocation: Allocation) -> None:
    records = [row(allocation, n, elapsed=n) for n in range(1, 200)]
    book(allocation, records)
    before = (balance_of(allocation), LedgerEntry.objects.count(), UsageRecord.objects.count())
    for seed in (1, 2, 3):
        random.Random(seed).shuffle(records)
        assert book(allocation, records) == (0, 0)
    after = (balance_of(allocation), LedgerEntry.objects.count(), UsageRecord.objects.count())
    assert before == after


def test_the_same_row_twice_in_one_answer_is_one_row(allocation: Allocation) -> None:
    running = row(allocation, 1, end_time=None, elapsed=3)
    assert book(allocation, [running, row(allocation, 1)]) == (1, 1)
    assert balance_of(allocation)[2] == 20


def test_a_provisional_row_is_kept_and_booked_when_it_ends(allocation: Allocation) -> None:
    book(allocation, [row(allocation, 1, end_time=None, elapsed=3, state="RUNNING")])
    assert (UsageRecord.objects.get().end_time, balance_of(allocation)[2]) == (None, 0)
    book(allocation, [row(allocation, 1)])
    assert (UsageRecord.objects.get().state, balance_of(allocation)[2]) == ("COMPLETED", 20)


def test_rows_of_accounts_that_are_not_ours_are_none_of_ours(allocation: Allocation) -> None:
    theirs = replace(row(allocation, 1), account="physics")
    assert book(allocation, [theirs]) == (0, 0)
    assert not UsageRecord.objects.exists()


def test_a_job_that_is_not_settled_is_left_to_its_settling(allocation: Allocation) -> None:
    job = make.make_job(allocation)
    Job.objects.filter(pk=job.pk).update(state="completed", slurm_job_id=7)
    ended = row(allocation, 7, name=job.token, gpus=1)
    assert book(allocation, [ended]) == (1, 0)
    job.refresh_from_db()
    settle(job, [ended], now=make.now())
    assert book(allocation, [ended]) == (0, 0)
    assert balance_of(allocation) == (ALL - 10, 0, 10)


def test_a_name_of_ours_under_another_id_is_foreign(allocation: Allocation) -> None:
    job = make.make_job(allocation)
    Job.objects.filter(pk=job.pk).update(state="completed", slurm_job_id=7)
    book(allocation, [row(allocation, 8, name=job.token)])
    assert UsageRecord.objects.get().is_foreign


def test_names_that_look_like_a_copy_command_are_only_names(allocation: Allocation) -> None:
    user = "a\\tb\n\\."
    book(allocation, [row(allocation, 1, user=user), row(allocation, 2)])
    assert UsageRecord.objects.get(slurm_job_id=1).unix_user == user
    assert balance_of(allocation)[2] == 40


def test_the_books_agree_with_the_rows(allocation: Allocation) -> None:
    records = [row(allocation, n, elapsed=n % 7, gpus=n % 3) for n in range(1, 500)]
    book(allocation, records)
    said = sum(record.gpu_seconds for record in records)
    booked = LedgerEntry.objects.filter(kind="use").aggregate(total=Sum("gpu_seconds"))["total"]
    assert balance_of(allocation)[2] == booked == said


def test_a_few_statements_whatever_the_number(
    allocation: Allocation, django_assert_max_num_queries: Any
) -> None:
    accounts = accounts_of(allocation.pool.cluster)
    records = [row(allocation, n) for n in range(1, 1000)]
    with django_assert_max_num_queries(8):
        take(accounts, records, now=make.now())
    assert connection.in_atomic_block
