"""Rows that cannot be true are kept aside; the rest is booked, and they once they are true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from compute.models import Allocation, Cluster, Job, OddRecord, UsageRecord
from compute.sync.accounting import accounts_of, settle, take
from compute.sync.oddities import oddity, sound
from dev.simulator import rows38, rows42
from tests import make
from tests.compute.sync.site import Site, balance_of, state_of, submit
from tests.compute.sync.test_booking import row


@pytest.fixture
def plain(db: None) -> Allocation:
    return make.make_allocation()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"submit_time": 0}, "identity"),
        ({"submit_time": 1 << 60}, "identity"),
        ({"elapsed": -1}, "negative"),
        ({"gpus": -8}, "negative"),
        ({"restarts": -1}, "negative"),
        ({"gpus": 10**9}, "too_much"),
        ({"elapsed": 10**15, "end_time": None}, "too_much"),
        ({"end_time": 1 << 50}, "too_much"),
        ({"end_time": 1_600_000_000}, "backwards"),
        ({"elapsed": 5000, "end_time": 1_700_000_100}, "too_long"),
        ({"user": "u" * 65}, "text"),
    ],
)
def test_each_oddity_has_its_word(plain: Allocation, changes: dict[str, Any], why: str) -> None:
    assert oddity(replace(row(plain, 1), **changes)) == why


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"end_time": None, "state": "RUNNING"},
        {"start_time": None, "end_time": None, "elapsed": 0, "gpus": 0},
        {"start_time": None, "elapsed": 0},  # cancelled before it started
        {"elapsed": 4},  # suspended in between
        {"elapsed": 30},  # the clocks of a site differ by seconds
    ],
)
def test_what_can_be_true_is_not_odd(plain: Allocation, changes: dict[str, Any]) -> None:
    assert oddity(replace(row(plain, 1), **changes)) == ""


def test_an_odd_row_stops_no_other(plain: Allocation) -> None:
    cluster = plain.pool.cluster
    odd = replace(row(plain, 1), elapsed=-5)
    good = sound(cluster, [odd, row(plain, 2)], now=make.now())
    take(accounts_of(cluster), good, now=make.now())
    assert UsageRecord.objects.get().slurm_job_id == 2
    kept = OddRecord.objects.get()
    assert (kept.why, kept.said["elapsed"], kept.slurm_account) == (
        "negative", -5, plain.slurm_account
    )  # fmt: skip


def test_seen_again_it_is_the_same_one(plain: Allocation) -> None:
    odd = replace(row(plain, 1), elapsed=-5)
    first = make.now()
    sound(plain.pool.cluster, [odd, odd], now=first)
    sound(plain.pool.cluster, [odd], now=first + timedelta(minutes=1))
    kept = OddRecord.objects.get()
    assert (kept.first_seen_at, kept.last_seen_at) == (first, first + timedelta(minutes=1))


def test_once_the_cluster_tells_it_otherwise_it_is_booked(plain: Allocation) -> None:
    cluster = plain.pool.cluster
    sound(cluster, [replace(row(plain, 1), elapsed=-5)], now=make.now())
    assert sound(cluster, [row(plain, 1)], now=make.now()) == [row(plain, 1)]
    assert not OddRecord.objects.exists()


def test_numbers_beyond_any_column_are_kept_aside_too(plain: Allocation) -> None:
    huge = replace(row(plain, 1), submit_time=10**30, elapsed=10**30)
    assert sound(plain.pool.cluster, [huge], now=make.now()) == []
    assert OddRecord.objects.count() == 1


def test_a_portal_job_with_an_odd_row_keeps_its_reservation(
    site: Site, allocation: Allocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(allocation)
    site.sync()
    site.finish(site.of(job), 100)
    rows: Any = rows38 if site.simulator.settings.wire == "v0.0.38" else rows42
    real = rows.record

    def spoilt(*told: Any) -> Any:
        told_row = real(*told)
        told_row["time"]["elapsed"] = -7
        return told_row

    monkeypatch.setattr(rows, "record", spoilt)
    site.sync()
    assert (state_of(job), job.settled_at, balance_of(allocation)[1]) == ("completed", None, 300)
    assert Cluster.objects.get().odd_records.get().why == "negative"
    monkeypatch.setattr(rows, "record", real)
    site.sync()
    job.refresh_from_db()
    assert (job.used_gpu_seconds, balance_of(allocation)[1:]) == (100, (0, 100))


def test_a_row_that_cannot_be_read_hides_no_other(
    site: Site, allocation: Allocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, good = submit(allocation), submit(allocation)
    site.sync()
    rows: Any = rows38 if site.simulator.settings.wire == "v0.0.38" else rows42
    real = rows.record
    spoilt_id = site.of(odd).job_id

    def spoilt(*told: Any) -> Any:
        told_row = real(*told)
        if told_row["job_id"] == spoilt_id:
            told_row["time"]["elapsed"] = "many"
        return told_row

    monkeypatch.setattr(rows, "record", spoilt)
    for job in (odd, good):
        site.finish(site.of(job), 100)
    site.sync()
    good.refresh_from_db()
    assert good.settled_at is not None
    assert Job.objects.get(pk=odd.pk).settled_at is None


def test_settling_by_hand_of_sound_rows_is_as_before(plain: Allocation) -> None:
    job = make.make_job(plain)
    Job.objects.filter(pk=job.pk).update(state="completed", slurm_job_id=1)
    job.refresh_from_db()
    assert settle(job, [row(plain, 1, name=job.token, gpus=1)], now=make.now())
