"""Usage records through the API."""

from __future__ import annotations

import pytest

from compute.models import Allocation, UsageRecord
from tests import make
from tests.conftest import Caller


@pytest.fixture
def record(allocation: Allocation) -> UsageRecord:
    return UsageRecord.objects.create(
        cluster=allocation.pool.cluster,
        slurm_job_id=7,
        submit_time=1_700_000_000,
        allocation=allocation,
        unix_user="p1",
        state="COMPLETED",
        elapsed=10,
        gpus=2,
        gpu_seconds=20,
        observed_at=make.now(),
    )


def test_what_did_not_come_through_the_portal_is_marked(lead: Caller, record: UsageRecord) -> None:
    shown = lead.get("usage/").json()["results"][0]
    assert (shown["is_foreign"], shown["job"], shown["gpu_seconds"]) == (True, None, 20)
    assert shown["submitted_at"].startswith("2023-11-14T22:13:20")


def test_records_are_filtered_by_the_clusters_number(lead: Caller, record: UsageRecord) -> None:
    assert len(lead.get("usage/?slurm_job_id=7").json()["results"]) == 1
    assert lead.get("usage/?slurm_job_id=8").json()["results"] == []
    assert lead.get(f"usage/?slurm_job_id={10**30}").json()["results"] == []


def test_a_record_is_found_by_its_public_id_only(lead: Caller, record: UsageRecord) -> None:
    assert lead.get(f"usage/{record.id}/").status_code == 200
    assert lead.get(f"usage/{record.sequence}/").status_code == 404


def test_a_stranger_finds_no_record(stranger: Caller, record: UsageRecord) -> None:
    assert stranger.get(f"usage/{record.id}/").status_code == 404
    assert stranger.get("usage/?slurm_job_id=7").json()["results"] == []
