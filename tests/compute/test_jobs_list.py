"""The list of jobs: whose, in which order, at which cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compute.models import Allocation, Job
from tests import make
from tests.compute.bodies import multiply
from tests.conftest import Caller


@pytest.fixture
def job(allocation: Allocation) -> Job:
    return make.make_job(allocation)


def test_the_newest_comes_first(lead: Caller, allocation: Allocation) -> None:
    jobs = [make.make_job(allocation) for _ in range(3)]
    for number, row in enumerate(jobs):
        Job.objects.filter(pk=row.pk).update(submitted_at=make.now() + timedelta(seconds=number))
    shown = lead.get("jobs/").json()["results"]
    assert [row["id"] for row in shown] == [str(row.pk) for row in reversed(jobs)]


def test_pages_of_jobs_of_the_same_moment_lose_and_repeat_none(lead: Caller, job: Job) -> None:
    multiply(job, 6)
    seen, path = [], "/api/v1/jobs/?page_size=2"
    while path:
        page = lead.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = (page["next"] or "").removeprefix("http://testserver")
    assert len(seen) == len(set(seen)) == 7


def test_jobs_are_filtered_by_state_project_and_cluster(lead: Caller, job: Job) -> None:
    wanted = f"project__slug={job.project.slug}&cluster__slug={job.cluster.slug}&state=new"
    assert len(lead.get(f"jobs/?{wanted}").json()["results"]) == 1
    assert lead.get("jobs/?state=running").json()["results"] == []
    assert len(lead.get("jobs/?state__in=running,new").json()["results"]) == 1


def test_a_filter_that_cannot_be_is_refused(lead: Caller, job: Job) -> None:
    for query in ("state=lost", "project=x", "project__slug=%00", "page_size=x&cursor=x"):
        assert lead.get(f"jobs/?{query}").status_code == 400, query


def test_the_list_holds_no_script(lead: Caller, job: Job) -> None:
    row = lead.get("jobs/").json()["results"][0]
    assert "script" not in row
    assert "environment" not in row


def test_a_stranger_finds_no_job_by_any_filter(stranger: Caller, job: Job) -> None:
    for query in ("", f"?project={job.project_id}", f"?allocation={job.allocation_id}"):
        assert stranger.get(f"jobs/{query}").json()["results"] == []
    assert stranger.get(f"jobs/{job.pk}/").status_code == 404


def test_the_operator_sees_the_jobs_of_the_cluster_only(operator: Caller, job: Job) -> None:
    make.make_job()
    rows = operator.get("jobs/").json()["results"]
    assert [row["id"] for row in rows] == [str(job.pk)]


def test_the_reason_is_told_in_words(lead: Caller, job: Job) -> None:
    Job.objects.update(reason="Resources")
    assert lead.get(f"jobs/{job.pk}/").json()["reason_text"] == "Waits for free GPUs."
