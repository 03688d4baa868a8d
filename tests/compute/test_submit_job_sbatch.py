"""Submitting a job as an sbatch script."""

from __future__ import annotations

from typing import Any

import pytest

from compute.models import Allocation, Job
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller


def send(caller: Caller, allocation: Allocation, *options: str, **more: Any) -> Any:
    lines = [f"#SBATCH {option}" for option in options]
    script = "\n".join(["#!/bin/bash", *lines, "srun train", ""])
    body = {"allocation": str(allocation.pk), "sbatch": script, **more}
    return caller.post("jobs/", body)


def test_its_options_become_the_job(member: Caller, allocation: Allocation) -> None:
    options = ("--job-name=train", "--gpus=2", "--time=01:30:00", "--cpus-per-task=4")
    body = send(member, allocation, *options).json()
    assert (body["name"], body["gpus"], body["minutes"]) == ("train", 2, 90)
    assert Job.objects.get().options["cpus_per_task"] == 4


def test_an_array_is_kept_in_one_spelling(member: Caller, allocation: Allocation) -> None:
    options = ("--array=3,0,1,2%2", "--gpus=1", "--time=5", "--output=%A_%a.out")
    assert send(member, allocation, *options).status_code == 201
    assert Job.objects.get().options["array"] == "0-3%2"


def test_an_array_of_too_many_tasks_is_refused_saying_how_many_may_be(
    member: Caller, allocation: Allocation
) -> None:
    answer = send(member, allocation, "--array=0-1000", "--gpus=1", "--time=5")
    assert answer.status_code == 400
    assert "at most 1,000 tasks" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_its_own_account_and_partition_may_stand_there(
    member: Caller, allocation: Allocation
) -> None:
    options = (f"--account={allocation.slurm_account}", "--partition=gpu", "--gpus=1", "--time=5")
    assert send(member, allocation, *options).status_code == 201


@pytest.mark.parametrize("option", ["--account=rich", "--partition=cpu", "-A rich", "-p cpu"])
def test_a_foreign_account_or_partition_is_refused_by_line(
    member: Caller, allocation: Allocation, option: str
) -> None:
    answer = send(member, allocation, "--gpus=1", "--time=5", option)
    assert answer.status_code == 400
    assert "line 4" in answer.json()["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "option",
    [
        "--uid=0", "--array=9-0", "--wrap=true", "--export=ALL,LD_PRELOAD=x", "--nonsense=1",
        "--dependency=afterok:1", "--qos=high", "--reservation=x", "--exclusive", "--gid=0",
    ],
)  # fmt: skip
def test_what_the_portal_cannot_give_is_refused_by_line_not_dropped(
    member: Caller, allocation: Allocation, option: str
) -> None:
    answer = send(member, allocation, option, "--gpus=1", "--time=5")
    assert answer.status_code == 400
    assert "line 2" in answer.json()["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("option", ["--output", "--error", "--chdir"])
@pytest.mark.parametrize("path", ["/etc/x", "../../x", "/tmp/other/x", "/tmp/{user}/../x"])
def test_a_path_outside_the_projects_directory_is_refused(
    member: Caller, allocation: Allocation, option: str, path: str
) -> None:
    asked = path.replace("{user}", allocation.unix_user)
    answer = send(member, allocation, "--gpus=1", "--time=5", f"{option}={asked}")
    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_output_below_the_projects_directory_is_taken(
    member: Caller, allocation: Allocation
) -> None:
    path = f"/tmp/{allocation.unix_user}/logs/%j.out"
    body = send(member, allocation, "--gpus=1", "--time=5", f"--output={path}").json()
    assert body["log_path"] == path


def test_without_a_gpu_it_says_which_line_to_add(member: Caller, allocation: Allocation) -> None:
    answer = send(member, allocation, "--time=5")
    assert (answer.status_code, "--gpus=1" in answer.json()["detail"]) == (400, True)


def test_without_a_time_limit_it_says_which_line_to_add(
    member: Caller, allocation: Allocation
) -> None:
    answer = send(member, allocation, "--gpus=1")
    assert (answer.status_code, "--time=" in answer.json()["detail"]) == (400, True)


def test_too_many_gpus_are_refused_saying_how_many_there_are(
    member: Caller, allocation: Allocation
) -> None:
    answer = send(member, allocation, "--gpus=800", "--nodes=100", "--time=5")
    assert "8 GPUs" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_a_gpu_type_that_the_pool_does_not_have_is_refused(
    member: Caller, allocation: Allocation
) -> None:
    answer = send(member, allocation, "--gpus=mi300:1", "--time=5")
    assert "h100" in answer.json()["detail"]


def test_script_and_fields_together_are_refused(member: Caller, allocation: Allocation) -> None:
    answer = send(member, allocation, "--gpus=1", "--time=5", gpus=8)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["sbatch"])


def test_text_without_a_shebang_is_refused(member: Caller, allocation: Allocation) -> None:
    body = {"allocation": str(allocation.pk), "sbatch": "#SBATCH --gpus=1\n"}
    answer = member.post("jobs/", body)
    assert (answer.status_code, "#!" in answer.json()["detail"]) == (400, True)


def test_a_stranger_finds_no_allocation(stranger: Caller, allocation: Allocation) -> None:
    assert send(stranger, allocation, "--gpus=1", "--time=5").status_code == 404
    assert not Job.objects.exists()


def test_the_script_is_shown_to_those_who_may_read_it(
    member: Caller, lead: Caller, operator: Caller, guest: Caller, allocation: Allocation
) -> None:
    key = send(member, allocation, "--gpus=1", "--time=5").json()["id"]
    shown = {
        who: bool(caller.get(f"jobs/{key}/").json()["script"])
        for who, caller in {"member": member, "lead": lead, "guest": guest}.items()
    }
    assert shown == {"member": True, "lead": True, "guest": False}
    assert operator.get(f"jobs/{key}/").json()["script"]
    assert guest.get(f"jobs/{key}/").json()["script_sha256"]


def test_another_members_script_stays_hidden(
    member: Caller,
    caller: Calls,
    allocation: Allocation,
) -> None:
    key = send(member, allocation, "--gpus=1", "--time=5").json()["id"]
    other = caller(make.make_member(allocation.project.lead_group))
    assert other.get(f"jobs/{key}/").json()["script"] is None
