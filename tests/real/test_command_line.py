"""`cesai submit --wait` on a real cluster: scripts as people have them, with their exit codes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from compute.models import Allocation, Job
from tests import make
from tests.client.conftest import Shell
from tests.real.centre import Centre

SCRIPTS = Path(__file__).parent.parent / "client" / "scripts"
HEAD = "#!/bin/sh\n#SBATCH --gpus=1 --time=2\n"

# Of people: with the options that make them fit this small cluster.
REAL_LIFE: Mapping[str, list[str]] = {
    "python_itself": [],
    "handed_down": ["--gres=gpu:1"],
    "requeue_from_checkpoint": ["--time=5", "--gpus-per-node=1"],
    "shards_short_options": ["-a", "1,3", "-c", "1"],
}
OWN = {
    "well": (f"{HEAD}sleep 1\n", 0),
    "seven": (f"{HEAD}exit 7\n", 7),
    "killed": (f"{HEAD}kill -9 $$\n", 128 + 9),
}


@pytest.fixture
def allocation(centre: Centre) -> Allocation:
    """An hour of all GPUs, in force."""
    allocation = centre.award(8 * 3600)
    centre.sync()
    return allocation


@pytest.fixture
def cesai(live_server: LiveServer, allocation: Allocation, tmp_path: Path) -> Shell:
    """The shell of the project's lead."""
    token = make.make_token(allocation.project.created_by)
    url = str(live_server.url)
    return Shell(tmp_path, url, {"CESAI_URL": url, "CESAI_TOKEN": token})


def _as_slurm_says(centre: Centre, job: Job) -> int:
    """The exit code that a shell would have, the highest of an array's tasks."""
    told = centre.real.run(
        "sacct", "-nPX", "-j", str(job.slurm_job_id), f"--clusters={centre.real.name}",
        "-o", "ExitCode",
    )  # fmt: skip
    codes = [tuple(map(int, line.split(":"))) for line in told.split()]
    return max(128 + number if number else code for code, number in codes)


def _end(centre: Centre, process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Its exit code and what it said, while the portal goes on following."""
    centre.wait(lambda: process.poll() is not None, within=240)
    _, err = process.communicate()
    return process.returncode, err.decode()


def test_the_exit_code_of_the_command_is_the_jobs(centre: Centre, cesai: Shell) -> None:
    running = {}
    for name, options in REAL_LIFE.items():
        cesai.write(f"{name}.sh", (SCRIPTS / f"{name}.sh").read_bytes())
        running[name] = cesai.start("submit", f"{name}.sh", "--wait", "-J", name, *options)
    for name, (text, _code) in OWN.items():
        cesai.write(f"{name}.sh", text)
        running[name] = cesai.start("submit", f"{name}.sh", "--wait", "-J", name)

    ended = {name: _end(centre, process) for name, process in running.items()}

    jobs = {job.name: job for job in Job.objects.all()}
    assert jobs.keys() == running.keys()
    for name, (code, said) in ended.items():
        assert code == _as_slurm_says(centre, jobs[name]), (name, said)
        assert re.search(rf"Ended: \w+, exit code {code}", said), said
        assert f"on {jobs[name].cluster.slug}" in said
    assert {name: ended[name][0] for name in OWN} == {
        name: code for name, (_, code) in OWN.items()
    }
    assert ended["python_itself"][0] == 0
    assert ended["handed_down"][0] == 0


def test_the_output_lies_where_the_command_says(
    centre: Centre, allocation: Allocation, cesai: Shell
) -> None:
    cesai.write("job.sh", f"{HEAD}echo hello from $SLURM_JOB_ID\n")
    _, said = _end(centre, cesai.start("submit", "job.sh", "--wait"))

    [path] = set(re.findall(r"^Output: (\S+) on", said, re.MULTILINE))
    assert Path(path).read_text() == f"hello from {Job.objects.get().slurm_job_id}\n"


def test_a_cancelled_job_ends_the_waiting(centre: Centre, cesai: Shell) -> None:
    cesai.write("job.sh", f"{HEAD}sleep 100\n")
    waiting = cesai.start("submit", "job.sh", "--wait")
    centre.wait(lambda: Job.objects.filter(state="running").exists())
    assert cesai("cancel", str(Job.objects.get().slurm_job_id)).code == 0
    code, said = _end(centre, waiting)

    assert code != 0
    assert "Ended: cancelled" in said
