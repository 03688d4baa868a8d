"""Following a job until it ends: states, exit codes, and leaving it."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Any

import pytest

from cesai_client.waiting import FINAL
from compute.models import Allocation, Job
from compute.states import FINAL as ENDED
from tests import make
from tests.client.conftest import Shell

SCRIPT = "#!/bin/sh\n#SBATCH --gpus=1 --time=5\ntrue\n"


@pytest.fixture
def portal(busy_portal: str) -> str:
    """Jobs move while the command looks at them."""
    return busy_portal


def move(job: Job, *states: str, **values: Any) -> None:
    """What the cluster says of it, one state after the other; `values` with the last."""
    for state in states:
        more = values if state == states[-1] else {}
        assert job.move_to(state, now=make.now(), **more)


def _started(cesai: Shell, *options: str) -> tuple[subprocess.Popen[bytes], Job]:
    """A command that waits, and the job that it submitted."""
    cesai.write("job.sh", SCRIPT)
    process = cesai.start("submit", "job.sh", *options)
    end = time.monotonic() + 30
    while not (job := Job.objects.first()):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.05)
    return process, job


def _heard(process: subprocess.Popen[bytes], text: str) -> None:
    """Reads what the command says until it has said that."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line.decode():
            return
    pytest.fail(f"it never said {text}")


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out.decode(), err.decode()


def test_the_states_are_shown_as_they_come(cesai: Shell, allocation: Allocation) -> None:
    process, job = _started(cesai, "--wait")
    _heard(process, "new")
    move(job, "sending", "known", "released", "running", slurm_job_id=77)
    _heard(process, "running")
    _heard(process, f"its output: {job.working_directory}/slurm-77.out on")
    move(job, "completed", exit_code=0)
    code, out, err = _ended(process)

    assert (code, out) == (0, f"Submitted job {job.pk}\n")
    assert "Ended: completed, exit code 0." in err
    assert f"Output: {job.working_directory}/slurm-77.out" in err


@pytest.mark.parametrize(
    ("state", "values", "code"),
    [
        ("completed", {"exit_code": 0}, 0),
        ("failed", {"exit_code": 7}, 7),
        ("failed", {"exit_code": 0, "signal": 9}, 137),
        ("timeout", {"exit_code": 0}, 1),
        ("cancelled", {}, 1),
        ("out_of_memory", {"exit_code": 125}, 125),
        ("node_fail", {"exit_code": None}, 1),
        ("failed", {"exit_code": 256}, 1),
    ],
)
def test_the_exit_code_is_the_jobs(
    cesai: Shell, allocation: Allocation, state: str, values: dict[str, Any], code: int
) -> None:
    job = make.make_job(allocation)
    move(job, "sending", "known", "released", "running", state, **values)

    assert cesai("status", str(job.pk), "--wait").code == code
    assert cesai("status", str(job.pk), "--follow").code == 0


def test_a_job_that_the_cluster_refused_is_refused(cesai: Shell, allocation: Allocation) -> None:
    job = make.make_job(allocation)
    move(job, "sending", "refused", reason="Invalid account")
    done = cesai("status", str(job.pk), "--wait")

    assert done.code == 3
    assert "Ended: refused" in done.err


def test_what_a_job_waits_for_is_said(cesai: Shell, allocation: Allocation) -> None:
    process, job = _started(cesai, "--follow")
    _heard(process, "new")
    Job.objects.filter(pk=job.pk).update(waiting_for="credential")
    _heard(process, "waits for credential")
    move(job, "cancelled")
    assert _ended(process)[0] == 0


def test_an_interruption_leaves_the_job_and_says_how_to_cancel(
    cesai: Shell, allocation: Allocation
) -> None:
    process, job = _started(cesai, "--wait")
    _heard(process, "new")
    process.send_signal(signal.SIGINT)
    code, _, err = _ended(process)

    assert code == 130
    assert f"cesai cancel {job.pk}" in err
    assert "Traceback" not in err
    job.refresh_from_db()
    assert (job.state, job.cancel_requested_at) == ("new", None)


def test_at_the_end_programs_get_the_job_alone(cesai: Shell, allocation: Allocation) -> None:
    job = make.make_job(allocation)
    move(job, "cancelled")
    shown = cesai("status", str(job.pk), "--wait", "--json")

    assert (shown.json["id"], shown.json["state"]) == (str(job.pk), "cancelled")


def test_the_last_states_are_the_portals() -> None:
    assert frozenset(ENDED) == FINAL
