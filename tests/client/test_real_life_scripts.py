"""Scripts as people have them, by `cesai submit`: the job that sbatch makes, or a line refused."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from compute.models import Allocation, Job
from compute.sbatch import read_array
from compute.sbatch.values import gpus, gres, memory_mb, minutes
from projects.models import Project
from tests import make
from tests.client.conftest import Ran, Shell
from tests.compute.real_sbatch import reported_by_sbatch
from tests.conftest import Caller

SCRIPTS = Path(__file__).parent / "scripts"

ACCEPTED = [
    "lora_one_gpu",
    "two_gpus_container",
    "torchrun_two_nodes",
    "accelerate_gpu_per_task",
    "sweep",
    "shards_short_options",
    "deepspeed_typed",
    "requeue_from_checkpoint",
    "python_itself",
    "handed_down",
    "options_too_late",
    "apptainer_gpus_total_nodes",
]
# Line and the option as it stands there.
REFUSED: dict[str, list[tuple[int, str]]] = {
    "mail_and_environment": [
        (4, "--mail-type=END,FAIL"),
        (5, "--mail-user=kim@example.org"),
        (6, "--export=NONE"),
    ],
    "saved_under_windows": [(1, "")],
    "two_parts": [(4, "hetjob")],
    "after_another": [(2, "--dependency=afterok:4711:4712"), (3, "-b now+1hour")],
    "whole_node": [(2, "--exclusive"), (2, "--mem=0")],
    "signal_and_append": [(4, "--signal=B:USR1@300"), (5, "--open-mode=append")],
    "site_habits": [
        (2, "--qos=a100"),
        (2, "--constraint=nvlink"),
        (2, "--reservation=workshop"),
        (3, "--mem-per-gpu=90G"),
        (3, "--cpus-per-gpu=12"),
        (5, "--licenses=matlab:1"),
    ],
    "disagrees_with_itself": [(5, "hours")],
}
NAMED = re.compile(r"line (\d+)(?:, `([^`]*)`)?\.")


@pytest.fixture
def large(project: Project, quota_admin: Caller) -> Allocation:
    """Enough of a pool of eight nodes with eight GPUs each."""
    cluster = make.make_cluster(slug="north")
    pool = make.make_pool(
        cluster, gpu_count=64, gpu_type="A100", gpu_hours=90_000, max_minutes=10_000
    )
    return make.make_allocation(project, pool, gpu_hours=80_000, by=quota_admin.user)


def _submit(cesai: Shell, name: str, *options: str) -> Ran:
    cesai.write(f"{name}.sh", (SCRIPTS / f"{name}.sh").read_bytes())
    return cesai("submit", f"{name}.sh", *options)


def _text(name: str) -> str:
    return (SCRIPTS / f"{name}.sh").read_bytes().decode()


def test_every_script_of_the_folder_has_an_expected_outcome() -> None:
    assert {path.stem for path in SCRIPTS.iterdir()} == {*ACCEPTED, *REFUSED}
    assert len(ACCEPTED) + len(REFUSED) == 20


# What sbatch says of an option → what the job has to be. Every option that sbatch says must
# stand here, so that none is dropped.
Check = Callable[[Job, str, Path], bool]
CHECKS: dict[str, Check] = {
    "verbose": lambda job, said, folder: True,
    "job-name": lambda job, said, folder: job.name == said,
    "time": lambda job, said, folder: job.minutes == minutes(said),
    "nodes": lambda job, said, folder: job.nodes == int(said),
    "ntasks": lambda job, said, folder: job.options["tasks"] == int(said),
    "ntasks-per-node": lambda job, said, folder: job.options["tasks"] == job.nodes * int(said),
    "cpus-per-task": lambda job, said, folder: job.options["cpus_per_task"] == int(said),
    "mem": lambda job, said, folder: job.options["memory_mb_per_node"] == memory_mb(said),
    "gpus": lambda job, said, folder: job.gpus == gpus(said).count,
    "gpus-per-node": lambda job, said, folder: job.gpus == job.nodes * gpus(said).count,
    "gpus-per-task": lambda job, said, folder: job.gpus == job.options["tasks"] * gpus(said).count,
    "gres": lambda job, said, folder: (
        job.gpus == job.nodes * gres(said).count
        and job.options.get("gpu_type", "") == gres(said).type
    ),
    "array": lambda job, said, folder: job.options["array"] == read_array(said).spec,
    "output": lambda job, said, folder: said == _beside(folder, job.options["output"]),
    "error": lambda job, said, folder: said == _beside(folder, job.options["error"]),
    "partition": lambda job, said, folder: job.allocation.pool.partition == said,
    "requeue": lambda job, said, folder: job.options.get("requeue", False) is (said == "requeue"),
    "no-requeue": lambda job, said, folder: (
        job.options.get("requeue", False) is (said == "requeue")
    ),
}


def _beside(folder: Path, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def _assert_is_sbatchs_job(job: Job, reported: dict[str, str] | None, folder: Path) -> None:
    assert reported
    for option, said in reported.items():
        if option not in {"--------------------", "defined options"}:
            assert CHECKS[option](job, said, folder), (option, said)


needs_sbatch = pytest.mark.skipif(os.geteuid() != 0, reason="Slurm is unpacked by root")


@pytest.mark.real_slurm
@needs_sbatch
@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_script_gives_the_job_that_sbatch_would_make(
    cesai: Shell, large: Allocation, tmp_path: Path, name: str
) -> None:
    done = _submit(cesai, name)
    assert done.code == 0, done.err

    job = Job.objects.get()
    assert job.script == _text(name)
    _assert_is_sbatchs_job(job, reported_by_sbatch(tmp_path, _text(name)), tmp_path)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_script_names_each_line_that_is_in_the_way(
    cesai: Shell, large: Allocation, name: str
) -> None:
    done = _submit(cesai, name)

    assert done.code == 3
    named = [(int(line), option) for line, option in NAMED.findall(done.err)]
    assert sorted(set(named)) == sorted(REFUSED[name])
    assert not Job.objects.exists()


@pytest.mark.real_slurm
@needs_sbatch
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lora_one_gpu", ["--gres=gpu:4", "--time=30"]),
        ("two_gpus_container", ["-t", "2-0", "-J", "another name", "--gpus=8"]),
        ("torchrun_two_nodes", ["--nodes=4", "-c", "16"]),
        ("accelerate_gpu_per_task", ["-n8", "--mem=32G"]),
        ("sweep", ["--array=3", "-o", "/dev/null"]),
        ("shards_short_options", ["-a", "0-7", "-G2", "-J", "x#y"]),
        ("requeue_from_checkpoint", ["--no-requeue"]),
        ("python_itself", ["--requeue", "--time=1:00:00"]),
        ("handed_down", ["--gres=gpu:3"]),
    ],
)
def test_with_options_too_it_is_the_job_that_sbatch_would_make_with_them(
    cesai: Shell, large: Allocation, tmp_path: Path, name: str, options: list[str]
) -> None:
    done = _submit(cesai, name, *options)
    assert done.code == 0, done.err

    reported = reported_by_sbatch(tmp_path, _text(name), *options)
    _assert_is_sbatchs_job(Job.objects.get(), reported, tmp_path)


@pytest.mark.parametrize(
    ("name", "lines"), [("options_too_late", [5, 6]), ("handed_down", [4, 8]), ("sweep", [])]
)
def test_lines_that_sbatch_does_not_read_either_are_told(
    cesai: Shell, large: Allocation, name: str, lines: list[int]
) -> None:
    said = _submit(cesai, name).err

    assert [int(n) for n in re.findall(rf"{name}.sh, line (\d+): looks like", said)] == lines
