"""Clusters, networks and servers that answer wrongly, late or not at all: one run, and no harm."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from compute.models import Allocation, Job
from compute.slurm.errors import Ambiguous, SlurmError
from compute.slurm.rest import Limits, connect
from dev.simulator import Simulator
from dev.simulator.server import WIRES
from projects.models import Project
from tests import beside, make
from tests.attacks.own import own_project
from tests.compute.sync.site import CONTROL, Site, age, state_of, submit
from tests.faults.outcome import assert_books_agree, assert_each_ran_once, outcome_of
from tests.faults.proxy import Call, Fault, Proxy

READ = 1  # seconds after which the portal gives an answer up


class Gate:
    """A proxy before a cluster, whose next submission, or every reading, goes wrong."""

    def __init__(self, simulator: Simulator) -> None:
        self.at_submission: list[Fault] = []
        self.at_reading: Fault | None = None
        port = int(simulator.url.rpartition(":")[2])
        self.proxy = Proxy(port, self._choose)

    def _choose(self, call: Call) -> Fault | None:
        if call.method == "GET":
            return self.at_reading
        if "job/submit" in call.path and self.at_submission:
            return self.at_submission.pop()
        return None


def site_behind(url: str, simulator: Simulator) -> Site:
    """A cluster of the portal at this address, with a control credential."""
    name = simulator.settings.name
    cluster = make.make_cluster(slug=name, slurm_cluster=name, rest_url=url)
    site = Site(simulator, cluster)
    site.deliver(CONTROL)
    return site


def allocation_on(site: Site, project: Project) -> Allocation:
    """60 GPU-hours that a first pass brought into force."""
    allocation = make.make_allocation(project, make.make_pool(site.cluster), in_force=False)
    site.deliver(allocation.unix_user)
    site.sync()
    assert allocation.limit.state == "in_force"
    return allocation


@pytest.fixture(params=sorted(WIRES))
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(name="north", wire=request.param) as simulator:
        yield simulator


@pytest.fixture
def gate(simulator: Simulator, settings: Settings) -> Iterator[Gate]:
    gate = Gate(simulator)
    settings.CLUSTER_URLS = [gate.proxy.url]
    settings.CLUSTER_READ_SECONDS = READ
    yield gate
    gate.proxy.close()


def runs(site: Site, job: Job) -> int:
    """Passes until the job runs; how often it was started, by the cluster's own record."""
    for _ in range(6):
        site.sync()
        age(60)
    assert state_of(job) == "running"
    assert len(site.all_of(job)) <= 2
    return site.starts[job.token]


@pytest.mark.parametrize(
    "fault",
    [Fault.RESET_AFTER_BODY, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.RESET_IN_ANSWER,
     Fault.TRUNCATED, Fault.HTML, Fault.REDIRECT],
)  # fmt: skip
def test_a_submission_whose_answer_is_lost_or_a_lie_runs_once(
    db: None, gate: Gate, simulator: Simulator, project: Project, fault: Fault
) -> None:
    site = site_behind(gate.proxy.url, simulator)
    job = submit(allocation_on(site, project))
    gate.at_submission.append(fault)
    assert runs(site, job) == 1
    assert gate.proxy.seen[fault] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("point", "simulator"),
    [
        ("a submission was answered", "v0.0.38"),
        ("ids are about to be kept", "v0.0.42"),
        ("ids are kept, nothing is released", "v0.0.42"),
    ],
    indirect=["simulator"],
)
def test_what_a_worker_submitted_that_was_killed_before_it_kept_the_id_runs_once(
    simulator: Simulator, settings: Settings, point: str
) -> None:
    settings.CLUSTER_URLS = [simulator.url]
    site = site_behind(simulator.url, simulator)
    job = submit(allocation_on(site, own_project()))
    worker = subprocess.run(
        [sys.executable, "-m", "tests.attacks.stopped_worker", "north", point],
        env=beside.environment(CESAI_CLUSTER_URLS=simulator.url, CESAI_LEASE_SECONDS="1"),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert worker.returncode == -9, worker.stderr[-2000:]
    assert len(site.all_of(job)) == 1
    time.sleep(1.1)  # the dead one's lease
    assert runs(site, job) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="runs PostgreSQL as another user")
def test_a_database_that_restarts_and_a_broker_that_forgets_lose_nothing() -> None:
    found = outcome_of("lost_places", package="tests.attacks")
    assert found["failed"] == 1  # the worker could not say what it had submitted
    assert found["lost"] >= 1  # bells that nobody heard
    assert_each_ran_once(found)
    assert found["states"] == {"completed": 6}
    assert_books_agree(found)


@pytest.mark.parametrize("fault", [Fault.HUGE, Fault.HTML, Fault.TRUNCATED, Fault.WRONG_LENGTH])
def test_a_cluster_that_answers_rubbish_hinders_no_other(
    db: None, gate: Gate, simulator: Simulator, project: Project, settings: Settings, fault: Fault
) -> None:
    with Simulator(name="south", wire="v0.0.42") as south:
        settings.CLUSTER_URLS = [gate.proxy.url, south.url]
        bad, good = site_behind(gate.proxy.url, simulator), site_behind(south.url, south)
        jobs = [submit(allocation_on(site, project)) for site in (bad, good)]
        gate.at_reading = fault
        began = time.monotonic()
        for site in (bad, good):
            site.sync()
        assert time.monotonic() - began < 20
        assert [state_of(job) for job in jobs] == ["new", "running"]
        gate.at_reading = None
        assert runs(bad, jobs[0]) == 1


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes, bytes], str]]:
    """Servers that say the beginning at once and what follows one byte each 50 ms."""
    listeners: list[socket.socket] = []
    is_over = threading.Event()

    def serve(listener: socket.socket, begin: bytes, rest: bytes) -> None:
        peer, _address = listener.accept()
        with peer:
            peer.recv(65536)
            try:
                peer.sendall(begin)
                while not is_over.wait(0.05):
                    peer.sendall(rest)
            except OSError:
                return

    def start(begin: bytes, rest: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, begin, rest), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    is_over.set()
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize(
    ("begin", "rest"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"HTTP/1.1 ", b"2"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "a header", "headers", "the first line", "continue"],
)
def test_an_answer_of_one_byte_at_a_time_is_given_up(
    dripping: Callable[[bytes, bytes], str], begin: bytes, rest: bytes
) -> None:
    url = dripping(begin, rest)
    token = make.make_jwt("alice")
    limits = Limits(connect=1, read=1, total=1)
    client = connect(url=url, user="alice", token=token, limits=limits, wire="v0.0.42")
    gave_up: list[Any] = []

    def ask() -> None:
        try:
            client.jobs()
        except SlurmError as error:
            gave_up.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(5)
    assert isinstance(gave_up and gave_up[0], Ambiguous)
