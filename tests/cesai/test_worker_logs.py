"""A real worker's log: JSON alone, with the pass and its cluster, and without credentials."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings, settings

from compute.models import Cluster, Credential
from dev import places, processes
from tests import make
from tests.beside import environment

SYNC, TICK = "compute.sync_cluster", "compute.tick"
SILENT = "http://127.0.0.1:9"


class Worker:
    """One `celery worker` on the test's own database and queue."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "worker.log"
        self.queue = f"q-{directory.name}"
        self._environment = environment(CESAI_LOG_LEVEL="INFO", CESAI_CLUSTER_URLS=SILENT)

    def start(self) -> None:
        program = Path(sys.executable).parent / "celery"
        command = [
            str(program),
            "-A",
            "cesai",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "2",
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "-Q", self.queue, "--loglevel", "INFO"],
                env=self._environment,
                cwd=places.ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def run(self, task: str, *args: str) -> list[dict[str, Any]]:
        """The lines that say its id, once it ended."""
        sent = current_app.send_task(task, args=args, queue=self.queue)
        ends = f"[{sent.id}] succeeded", f"[{sent.id}] raised"
        processes.wait_until(
            lambda: any(end in self.log.read_text() for end in ends),
            seconds=40,
            what=f"{task} did not end: {self.log.read_text()}",
        )
        return [line for line in self.lines() if line.get("pass_id") == sent.id]

    def lines(self) -> list[dict[str, Any]]:
        """All lines but a warning that Python itself writes before logs are set up."""
        text = self.log.read_text()
        return [json.loads(line) for line in text[text.index("{") :].splitlines()]


@pytest.fixture
def cluster(transactional_db: None, settings: LazySettings) -> Cluster:
    """A cluster that refuses every connection, with a token for it."""
    settings.CLUSTER_URLS = [SILENT]
    cluster = make.make_cluster(slug="north", rest_url=SILENT)
    make.deliver(cluster, "cesai-control", kind="control")
    make.deliver(cluster, "cesai-ours")
    return cluster


@pytest.fixture
def worker(cluster: Cluster, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    worker.start()
    yield worker
    worker.stop()


def test_each_line_of_a_pass_carries_pass_and_cluster_and_no_token(worker: Worker) -> None:
    Credential.objects.filter(unix_user="cesai-ours").update(sealed_token="no longer to be read")
    passed = worker.run(SYNC, "north")
    assert {line["logger"] for line in passed} >= {"compute.sync.connections", "celery.app.trace"}
    assert {(line["cluster"], line["task"]) for line in passed} == {("north", SYNC)}

    ticked = worker.run(TICK)
    assert {(line.get("cluster"), line["task"]) for line in ticked} == {(None, TICK)}

    said = worker.log.read_text()
    control = Credential.objects.get(unix_user="cesai-control")
    assert control.token() not in said
    assert settings.SECRET_KEY not in said
    assert settings.CREDENTIAL_KEYS[0][1] not in said


def test_a_pass_that_fails_says_which_with_its_trace_on_one_line(worker: Worker) -> None:
    [*_, last] = worker.run(SYNC, "elsewhere")
    assert (last["level"], last["cluster"]) == ("error", "elsewhere")
    assert "DoesNotExist" in last["exception"]
