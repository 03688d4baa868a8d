"""The simulator's habits, faults and memory beyond what the contract asks of every cluster."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compute.slurm.client import SlurmClient
from compute.slurm.errors import Ambiguous, NotReached, RefusedByCluster
from compute.slurm.types import JobDescription
from dev.simulator import Simulator
from dev.simulator.accounting import Association
from dev.simulator.faults import Fault
from tests.slurm.contract import ClusterUnderTest, run, script, wait_for_state

WIRES = ["v0.0.38", "v0.0.42"]


@pytest.fixture(params=WIRES)
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(wire=request.param) as started:
        admit(started)
        yield started


@pytest.fixture
def client(simulator: Simulator) -> Iterator[SlurmClient]:
    with alice(simulator) as client:
        yield client


def admit(simulator: Simulator) -> None:
    accounting = simulator.cluster.accounting
    accounting.set(Association("work", parent="cesai"))
    accounting.set(Association("work", user="cesai-test-alice"))


def as_cluster(simulator: Simulator) -> ClusterUnderTest:
    return ClusterUnderTest(
        name=simulator.settings.name,
        url=simulator.url,
        release=simulator.settings.release[:5],
        token=simulator.token,
        requeue=simulator.requeue,
        account="work",
    )


def alice(simulator: Simulator) -> SlurmClient:
    return as_cluster(simulator).client("cesai-test-alice")


def job(simulator: Simulator, **changes: object) -> JobDescription:
    return as_cluster(simulator).job(**changes)


def post(simulator: Simulator, path: str, body: object) -> dict[str, Any]:
    """What the simulator answers to a hand-made call of alice."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"))
    user = "cesai-test-alice"
    headers = {"X-SLURM-USER-NAME": user, "X-SLURM-USER-TOKEN": simulator.token(user)}
    connection.request("POST", path, json.dumps(body), headers)
    return dict(json.load(connection.getresponse()))


def submission(wire: str, **job: object) -> dict[str, Any]:
    path = {"PATH": "/bin"} if wire == "v0.0.38" else ["PATH=/bin"]
    return {"script": "#!/bin/sh\n", "job": {"account": "work", "environment": path, **job}}


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.DROP_AFTER, Fault.TRUNCATE_AFTER])
def test_an_answer_lost_after_the_effect_is_ambiguous_and_the_job_is_there(
    simulator: Simulator, client: SlurmClient, fault: Fault
) -> None:
    wanted = job(simulator)
    simulator.faults.plan(fault, "job/submit")
    with pytest.raises(Ambiguous):
        client.submit_held(wanted)
    assert [view.name for view in client.jobs()] == [wanted.name]


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.DROP_BEFORE])
def test_a_call_lost_before_the_effect_is_ambiguous_and_leaves_nothing(
    simulator: Simulator, client: SlurmClient, fault: Fault
) -> None:
    simulator.faults.plan(fault, "job/submit")
    with pytest.raises(Ambiguous):
        client.submit_held(job(simulator))
    assert client.jobs() == []


def test_a_simulator_that_is_stopped_is_not_reached(
    simulator: Simulator, client: SlurmClient
) -> None:
    client.ping()
    simulator.stop()
    with pytest.raises(NotReached):
        client.submit_held(job(simulator))
    simulator.start()
    assert client.ping().is_up


def test_a_dead_slurmctld_is_an_answer_to_ping_and_nothing_else(
    simulator: Simulator, client: SlurmClient
) -> None:
    simulator.faults.controller_is_down = True
    assert not client.ping().is_up
    with pytest.raises(NotReached):
        client.submit_held(job(simulator))
    for call in (client.jobs, lambda: client.job(1), lambda: client.release(1)):
        with pytest.raises((Ambiguous, NotReached)):
            call()


def test_a_dead_slurmdbd_gives_no_records(simulator: Simulator, client: SlurmClient) -> None:
    simulator.faults.database_is_down = True
    with pytest.raises(Ambiguous):
        client.records_of(1)
    assert client.ping().is_up


def test_starts_are_told_to_an_independent_checker(
    simulator: Simulator, client: SlurmClient
) -> None:
    wanted = job(simulator)
    held = client.submit_held(job(simulator)).job_id
    job_id = run(client, wanted)
    with urllib.request.urlopen(f"{simulator.url}/_simulator/starts") as answer:
        starts = json.load(answer)["starts"]
    assert [(start["job_id"], start["name"]) for start in starts] == [(job_id, wanted.name)]
    assert held not in [start["job_id"] for start in starts]


def test_jobs_wait_for_free_gpus_in_order(simulator: Simulator, client: SlurmClient) -> None:
    first = run(client, job(simulator, gpus_per_node=8))
    second = run(client, job(simulator, gpus_per_node=8))
    view = client.job(second)
    assert view is not None
    assert (view.state, view.reason) == ("PENDING", "Resources")
    wait_for_state(client, second, "RUNNING", "COMPLETED")
    assert [start["job_id"] for start in simulator.starts] == [first, second]


def test_a_job_ends_at_its_time_limit(simulator: Simulator, client: SlurmClient) -> None:
    job_id = run(client, job(simulator, minutes=1, script=script(seconds=120)))
    with simulator.lock:
        simulator.cluster.scheduler.advance(time.time() + 61)
    view = client.job(job_id)
    assert view is not None
    assert view.state == "TIMEOUT"


def test_a_paused_account_takes_no_jobs(simulator: Simulator, client: SlurmClient) -> None:
    simulator.cluster.accounting.set(Association("work", parent="cesai", max_submit_jobs=0))
    with pytest.raises(RefusedByCluster) as refused:
        client.submit_held(job(simulator))
    assert refused.value.code == 2050


def test_hold_outside_the_job_does_not_hold(simulator: Simulator, client: SlurmClient) -> None:
    wire = simulator.settings.wire
    body = {**submission(wire), "hold": True}
    answer = post(simulator, f"/slurm/{wire}/job/submit", body)
    view = client.job(answer["job_id"])
    assert view is not None
    assert not view.is_held
    assert len(answer.get("warnings", [])) == (1 if wire == "v0.0.42" else 0)


def test_a_wrapped_release_releases_nothing(simulator: Simulator, client: SlurmClient) -> None:
    job_id = client.submit_held(job(simulator)).job_id
    post(simulator, f"/slurm/{simulator.settings.wire}/job/{job_id}", {"job": {"hold": False}})
    view = client.job(job_id)
    assert view is not None
    assert view.is_held


def test_the_other_versions_gpu_spelling_gives_no_gpu_or_is_refused(
    simulator: Simulator, client: SlurmClient
) -> None:
    wire = simulator.settings.wire
    wrong = {"gres": "gpu:1"} if wire == "v0.0.42" else {"tres_per_node": "gres/gpu:1"}
    answer = post(simulator, f"/slurm/{wire}/job/submit", submission(wire, hold=True, **wrong))
    if wire == "v0.0.38":
        assert "Unknown key" in answer["errors"][0]["description"]
    else:
        view = client.job(answer["job_id"])
        assert view is not None
        assert view.gpus == 0


def test_records_lag_behind_if_told_to() -> None:
    with Simulator(accounting_lag=1.0) as simulator, alice(simulator) as client:
        admit(simulator)
        job_id = client.submit_held(job(simulator)).job_id
        assert client.records_of(job_id) == []
        time.sleep(1.1)
        assert [row.job_id for row in client.records_of(job_id)] == [job_id]


@pytest.mark.parametrize("wire", WIRES)
def test_a_restarted_simulator_goes_on_where_it_was(wire: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Simulator(wire=wire, state=state) as before, alice(before) as client:
        admit(before)
        held = client.submit_held(job(before)).job_id
        ran = run(client, job(before))
        known = client.job(held)
    with Simulator(wire=wire, state=state) as after, alice(after) as client:
        assert client.job(held) == known
        wait_for_state(client, ran, "COMPLETED")
        assert [start["job_id"] for start in after.starts] == [ran]
        assert client.submit_held(job(after)).job_id > max(held, ran)


def test_a_line_cut_off_by_a_kill_spoils_no_other(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_bytes(b'{"kind": "job", "cont')
    with Simulator(state=state) as simulator, alice(simulator) as client:
        admit(simulator)
        job_id = client.submit_held(job(simulator)).job_id
    with Simulator(state=state) as simulator, alice(simulator) as client:
        assert client.job(job_id)


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dev.simulator", "--name", "far", "--wire", "v0.0.42"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{url}/_simulator/starts") as answer:
            assert json.load(answer) == {"starts": []}
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_it_answers_more_than_five_hundred_requests_a_second(
    simulator: Simulator, client: SlurmClient
) -> None:
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"))
    user = "cesai-test-alice"
    headers = {"X-SLURM-USER-NAME": user, "X-SLURM-USER-TOKEN": simulator.token(user)}
    slash = "/" if simulator.settings.wire == "v0.0.42" else ""
    began = time.perf_counter()
    for _ in range(300):
        connection.request("GET", f"/slurm/{simulator.settings.wire}/ping{slash}", headers=headers)
        assert connection.getresponse().read()
    assert 300 / (time.perf_counter() - began) > 500
