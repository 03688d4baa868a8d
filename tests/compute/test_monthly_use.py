"""Use rolled up by month: exact, and brought up to date by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compute.models import Allocation, Balance, MonthlyUse, UsageRecord
from compute.models.monthly import roll_up, roll_up_these
from tests import make


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def make_record(
    allocation: Allocation, start: int | None, end: int | None, seconds: int, job: int = 1
) -> UsageRecord:
    """Kept and booked, as accounting does."""
    Balance.objects.filter(allocation=allocation).update(used=seconds if end else 0)
    return UsageRecord.objects.create(
        cluster=allocation.pool.cluster, slurm_job_id=job, submit_time=1, allocation=allocation,
        unix_user="p1", state="COMPLETED", start_time=start, end_time=end, elapsed=1, gpus=1,
        gpu_seconds=seconds, observed_at=make.now(),
    )  # fmt: skip


def months(allocation: Allocation) -> dict[str, int]:
    rows = MonthlyUse.objects.filter(allocation=allocation)
    return {f"{row.month:%Y-%m}": row.gpu_seconds for row in rows}


def test_a_job_over_two_months_counts_in_both(allocation: Allocation) -> None:
    make_record(allocation, epoch("2027-01-31T18:00"), epoch("2027-02-01T12:00"), 180)
    assert roll_up() == 1
    assert months(allocation) == {"2027-01": 60, "2027-02": 120}


def test_a_job_that_ends_with_the_month_counts_in_it_alone(allocation: Allocation) -> None:
    make_record(allocation, epoch("2027-01-31T18:00"), epoch("2027-02-01T00:00"), 7)
    roll_up()
    assert months(allocation) == {"2027-01": 7}


def test_one_without_a_start_counts_when_it_ended(allocation: Allocation) -> None:
    make_record(allocation, None, epoch("2027-02-03T00:00"), 7)
    roll_up()
    assert months(allocation) == {"2027-02": 7}


def test_what_has_not_ended_is_not_counted(allocation: Allocation) -> None:
    make_record(allocation, epoch("2027-01-31T18:00"), None, 7)
    assert roll_up() == 0
    assert months(allocation) == {}


def test_only_what_changed_is_worked_out_anew(allocation: Allocation) -> None:
    make_record(allocation, epoch("2027-01-01T00:00"), epoch("2027-01-02T00:00"), 7)
    assert (roll_up(), roll_up()) == (1, 0)
    Balance.objects.filter(allocation=allocation).update(used=12)
    UsageRecord.objects.update(gpu_seconds=12)
    assert roll_up() == 1
    assert months(allocation) == {"2027-01": 12}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(epoch("2026-01-01T00:00"), epoch("2027-01-01T00:00")),
    lasts=st.integers(0, 400 * 86_400),
    seconds=st.integers(1, 10**14),
)
def test_the_parts_of_any_job_sum_up_to_it_exactly(
    allocation: Allocation, start: int, lasts: int, seconds: int
) -> None:
    UsageRecord.objects.all().delete()
    make_record(allocation, start, start + lasts, seconds)
    roll_up_these([allocation.pk])
    assert sum(months(allocation).values()) == seconds


@pytest.mark.parametrize("used", [0, 5])
def test_an_allocation_without_records_has_no_months(allocation: Allocation, used: int) -> None:
    Balance.objects.filter(allocation=allocation).update(used=used)
    roll_up()
    assert months(allocation) == {}
    assert roll_up() == 0  # what cannot agree is not worked out again and again
