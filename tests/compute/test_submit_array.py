"""Submitting an array: from a script, from fields, what is reserved, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from compute.models import Allocation, Job
from tests import make
from tests.conftest import Caller

SBATCH = "#!/bin/bash\n#SBATCH --array=0-3%2\n#SBATCH --gpus=1\n#SBATCH --time=10\nhostname\n"
FIELDS = {"script": "#!/bin/sh\n", "gpus": 1, "minutes": 10}


@pytest.fixture
def allocation(project: Any, cluster: Any) -> Allocation:
    return make.make_allocation(project, make.make_pool(cluster))


def test_a_script_with_an_array_is_one_job_of_so_many_tasks(
    member: Caller, allocation: Allocation
) -> None:
    answer = member.post("jobs", {"allocation": str(allocation.pk), "sbatch": SBATCH})
    body = answer.json()
    assert (answer.status_code, body["array"], body["array_tasks"]) == (201, "0-3%2", 4)
    assert body["reserved_gpu_seconds"] == 4 * 600
    assert Job.objects.count() == 1


def test_fields_name_one_as_sbatch_does(member: Caller, allocation: Allocation) -> None:
    body = {"allocation": str(allocation.pk), **FIELDS, "array": "1,3,5-9:2"}
    job = member.post("jobs", body).json()
    assert (job["array"], job["array_tasks"]) == ("1-9:2", 5)


@pytest.mark.parametrize("array", ["3-0", "a", "0-2000", "1,1", "0-3%0"])
def test_what_is_no_array_is_refused_beside_its_field(
    member: Caller, allocation: Allocation, array: str
) -> None:
    answer = member.post("jobs", {"allocation": str(allocation.pk), **FIELDS, "array": array})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["array"])
    assert not Job.objects.exists()


def test_more_than_is_free_is_refused_by_the_sum_of_the_tasks(
    member: Caller, allocation: Allocation
) -> None:
    body = {"allocation": str(allocation.pk), **FIELDS, "minutes": 60, "array": "0-99"}
    answer = member.post("jobs", body)
    assert answer.status_code == 409
    assert "100 GPUs × 1 h reserve 100 GPU-h; 60 are free" in answer.json()["detail"]


def test_its_page_says_how_many_tasks_it_has(member: Caller, allocation: Allocation) -> None:
    job = make.make_job(allocation, options={"array": "0-3"})
    Job.objects.update(task_states={"completed": 1, "running": 3})
    page = member.as_browser.get(reverse("job", args=[job.pk])).content.decode()
    assert "4 tasks of that size (0-3)" in page
    assert "1 completed" in page
    assert "3 running" in page


def test_its_output_lies_in_one_file_a_task(allocation: Allocation) -> None:
    job = make.make_job(allocation, options={"array": "0-3"})
    assert job.log_path.endswith("/slurm-%A_%a.out")
    job.slurm_job_id = 7
    assert job.log_path.endswith("/slurm-7_%a.out")
