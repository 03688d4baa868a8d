"""The simulator's arrays beyond what the contract asks of every cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import RefusedByCluster
from dev.simulator import Simulator
from dev.simulator.accounting import Association, RefusedError
from dev.simulator.arrays import listed, mask, parse
from tests.slurm.contract import run, script, wait_for_state, wait_until
from tests.slurm.test_arrays import states, wait_for_tasks, wait_until_ended
from tests.slurm.test_simulator import WIRES, admit, alice, client, job, post, simulator

__all__ = ["client", "simulator"]  # fixtures
SQUARES = [number * number for number in range(31)]


def started(simulator: Simulator) -> list[tuple[int, int | None]]:
    return [(start["array_job_id"], start["array_task_id"]) for start in simulator.starts]


def release(simulator: Simulator, job_id: int) -> dict[str, Any]:
    path = f"/slurm/{simulator.settings.wire}/job/{job_id}"
    return post(simulator, path, {"hold": False})


def test_the_record_of_starts_names_each_task(simulator: Simulator, client: SlurmClient) -> None:
    wanted = job(simulator, array="0,2")
    job_id = run(client, wanted)
    wait_until_ended(client, job_id, 2)
    assert started(simulator) == [(job_id, 0), (job_id, 2)]
    assert [start["name"] for start in simulator.starts] == [wanted.name] * 2


def test_the_record_of_a_plain_jobs_start_names_no_task(
    simulator: Simulator, client: SlurmClient
) -> None:
    run(client, job(simulator))
    assert started(simulator) == [(0, None)]


@pytest.mark.parametrize("wire", WIRES)
def test_a_restarted_simulator_goes_on_within_an_array(wire: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Simulator(wire=wire, state=state) as before, alice(before) as client:
        admit(before)
        job_id = run(client, job(before, array="0-3%1"))
        wait_for_tasks(client, job_id, (None, "PENDING", 3), (0, "RUNNING", 1))
    with Simulator(wire=wire, state=state) as after, alice(after) as client:
        wait_until_ended(client, job_id, 4)
        assert started(after) == [(job_id, task) for task in range(4)]


def test_a_task_is_not_started_again_after_a_kill_before_the_last_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Simulator(state=state) as before, alice(before) as client:
        admit(before)
        job_id = run(client, job(before, array="0-3%1", script=script(seconds=30)))
        wait_for_tasks(client, job_id, (None, "PENDING", 3), (0, "RUNNING", 1))
    lines = state.read_text().splitlines()
    last_task = max(n for n, line in enumerate(lines) if json.loads(line)["kind"] == "start") + 1
    state.write_text("\n".join(lines[: last_task + 1]))
    with Simulator(state=state) as after, alice(after) as client:
        assert states(client, job_id)[0] == (None, "PENDING", 3)


def test_a_release_of_an_array_is_told_as_a_failure_by_22_05_only(
    simulator: Simulator, client: SlurmClient
) -> None:
    job_id = client.submit_held(job(simulator, array="0-1")).job_id
    errors = release(simulator, job_id)["errors"]
    assert len(errors) == (1 if simulator.settings.wire == "v0.0.38" else 0)
    assert not any("error_number" in error for error in errors)


def test_a_single_task_is_cancelled_by_its_own_id(
    simulator: Simulator, client: SlurmClient
) -> None:
    job_id = run(client, job(simulator, array="0-1", script=script(seconds=30)))
    [task] = [view for view in client.tasks(job_id) if view.array_task_id == 0]
    client.cancel(task.job_id)
    assert states(client, job_id) == [(0, "CANCELLED", 1), (1, "RUNNING", 1)]


def test_a_requeued_task_keeps_its_id_and_index(simulator: Simulator, client: SlurmClient) -> None:
    wanted = job(simulator, array="0-1", script=script(seconds=30), requeue=True)
    job_id = run(client, wanted)
    [task] = [view for view in client.tasks(job_id) if view.array_task_id == 0]
    simulator.requeue(task.job_id)
    view = wait_for_state(client, task.job_id, "PENDING")
    assert (view.array_job_id, view.array_task_id, view.restarts) == (job_id, 0, 1)
    rows = [row.state for row in client.records_of(job_id) if row.array_task_id == 0]
    assert rows == ["REQUEUED", "PENDING"]


def test_each_task_counts_against_the_limit_of_submissions(
    simulator: Simulator, client: SlurmClient
) -> None:
    simulator.cluster.accounting.set(Association("work", parent="cesai", max_submit_jobs=3))
    with pytest.raises(RefusedByCluster) as refused:
        client.submit_held(job(simulator, array="0-3"))
    assert refused.value.code == 2050
    assert client.submit_held(job(simulator, array="0-2")).job_id > 0


def test_a_long_list_of_waiting_tasks_is_cut_off(
    simulator: Simulator, client: SlurmClient
) -> None:
    wanted = job(simulator, array=",".join(map(str, SQUARES)))
    [view] = client.tasks(client.submit_held(wanted).job_id)
    assert 10 < view.array_tasks_waiting < len(SQUARES)
    [record] = wait_until(lambda: client.records_of(view.job_id) or None)
    assert record.array_tasks_waiting == len(SQUARES)


@pytest.mark.parametrize(
    ("text", "shown", "bits"),
    [
        ("0-3", "0-3", "0xF"),
        ("1,3,5-9:2", "1,3,5,7,9", "0x2AA"),
        ("0-15%4", "0-15%4", "0xFFFF"),
        ("0-3%0", "0-3", "0xF"),
        ("0-3%x", "0-3", "0xF"),
        ("1,1", "1", "0x2"),
        ("[1,,2]", "1-2", "0x6"),
        ("0-20:2", "0-20:2", "0x155555"),
        ("", "", ""),
    ],
)
def test_an_array_is_read_and_shown_as_by_slurm(text: str, shown: str, bits: str) -> None:
    tasks, at_once = parse(text)
    assert (listed(tasks, at_once), mask(tasks)) == (shown, bits)


def test_a_long_list_is_cut_off_as_by_slurm() -> None:
    assert listed(SQUARES, 3) == (
        "0-1,4,9,16,25,36,49,64,81,100,121,144,169,196,225,256,289,32...%3"
    )


@pytest.mark.parametrize("text", ["3-1", "a", "1-", "-1", "0-3:0", "5:2", "0-1001", "0x1"])
def test_an_array_that_slurm_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        parse(text)
