"""What does not add up is shown to a cluster's operators and the staff, and to no project."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from compute.models import AccountingCursor, AccountingDifference, Allocation, Cluster
from compute.sync.oddities import sound
from tests import make
from tests.compute.sync.test_booking import row
from tests.conftest import Caller


@pytest.fixture
def troubled(cluster: Cluster, allocation: Allocation) -> Cluster:
    """One row kept aside and one difference."""
    now = make.now()
    AccountingCursor.objects.create(cluster=cluster, read_until=now, compared_at=now)
    sound(cluster, [replace(row(allocation, 4711), elapsed=-1)], now=now)
    AccountingDifference.objects.create(
        cluster=cluster, allocation=allocation, kind="amount", month=date(2026, 11, 1),
        slurm_job_id=815, submit_time=1, booked_gpu_seconds=7200, said_gpu_seconds=3600,
        found_at=now, last_seen_at=now,
    )  # fmt: skip
    return cluster


def test_the_operator_reads_what_was_kept_aside_and_what_differs(
    operator: Caller, troubled: Cluster
) -> None:
    told = operator.get(f"clusters/{troubled.slug}/accounting").json()
    assert [odd["why"] for odd in told["odd_records"]] == ["negative"]
    [difference] = told["differences"]
    assert (difference["kind"], difference["booked_gpu_seconds"]) == ("amount", 7200)
    assert told["read_until"]


def test_the_page_shows_both(operator: Caller, troubled: Cluster) -> None:
    page = operator.as_browser.get(f"/clusters/{troubled.slug}/").content.decode()
    assert "4711" in page
    assert "it says less than nothing" in page
    assert "booked another amount" in page


@pytest.mark.parametrize("who", ["lead", "member"])
def test_a_project_sees_only_what_was_booked(
    request: pytest.FixtureRequest, troubled: Cluster, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    assert caller.get(f"clusters/{troubled.slug}/accounting").status_code == 403
    assert "4711" not in caller.as_browser.get(f"/clusters/{troubled.slug}/").content.decode()


def test_a_stranger_sees_nothing_of_it(stranger: Caller, troubled: Cluster) -> None:
    assert stranger.get(f"clusters/{troubled.slug}/accounting").status_code == 403
