"""Each wire version is read right from answers that real clusters gave (22.05.8 and 24.11.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compute.slurm.answers import Answer
from compute.slurm.dialect import Dialect
from compute.slurm.errors import Ambiguous, CredentialRejected, NotReached, RefusedByCluster
from compute.slurm.rest import WIRES
from compute.slurm.types import JobDescription

JOB = JobDescription(
    name="cesai-recorded",
    script="#!/bin/sh\n",
    account="other",
    partition="gpu",
    working_directory="/tmp",
    environment={"PATH": "/bin"},
    minutes=5,
)


class Replay:
    """A `Call` that gives recorded answers in turn and keeps what was sent."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Any]] = []

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        is_list: bool = False,
    ) -> Answer:
        self.sent.append((method, path, query or body))
        return self.answers.pop(0)

    def close(self) -> None:
        """Nothing is open."""


class Recorded:
    """The recorded answers of one wire version."""

    def __init__(self, wire: str) -> None:
        self.wire = wire
        path = Path(__file__).parent / "recorded" / f"{wire}.json"
        self._answers = json.loads(path.read_text())

    def answer(self, name: str) -> Answer:
        recorded = self._answers[name]
        return Answer(recorded["status"], recorded["body"])

    def client(self, *names: str) -> Dialect:
        """A client that gets these answers in turn."""
        return WIRES[self.wire](Replay(*map(self.answer, names)), "alpha")


@pytest.fixture(params=sorted(WIRES))
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


def test_a_ping_tells_the_release(recorded: Recorded) -> None:
    ping = recorded.client("ping").ping()
    assert ping.is_up
    assert ping.slurm_version == {"v0.0.38": "22.05.8", "v0.0.42": "24.11.5"}[recorded.wire]
    assert ping.cluster == "alpha"


def test_a_ping_with_a_bad_token_is_no_dead_cluster(recorded: Recorded) -> None:
    client = recorded.client("ping with a bad token", "slurmdbd with a bad token")
    with pytest.raises(CredentialRejected):
        client.ping()


def test_the_held_warning_is_no_problem(recorded: Recorded) -> None:
    assert recorded.client("submitted held").submit_held(JOB).problems == ()


def test_a_job_is_held_or_runs(recorded: Recorded) -> None:
    held = recorded.client("job held").job(1)
    running = recorded.client("job running").job(1)
    assert held is not None
    assert running is not None
    assert (held.state, held.is_held, held.gpus) == ("PENDING", True, 2)
    assert (running.state, running.is_held, running.end_time) == ("RUNNING", False, None)


def test_an_exit_code_and_a_signal_are_told_apart(recorded: Recorded) -> None:
    exited = recorded.client("job that exited with 7").job(1)
    killed = recorded.client("job that was killed").job(1)
    assert exited is not None
    assert killed is not None
    assert (exited.state, exited.exit_code, exited.signal) == ("FAILED", 7, None)
    assert (killed.state, killed.exit_code, killed.signal) == ("FAILED", None, 9)


def test_an_unknown_key_is_refused_or_a_problem(recorded: Recorded) -> None:
    client = recorded.client("submitted held, unknown key")
    if recorded.wire == "v0.0.38":
        with pytest.raises(RefusedByCluster, match="Unknown key"):
            client.submit_held(JOB)
    else:
        [problem] = client.submit_held(JOB).problems
        assert "bogus" in problem


def test_a_time_limit_beyond_the_partition_is_told_by_22_05() -> None:
    submitted = Recorded("v0.0.38").client("submitted held, too long").submit_held(JOB)
    assert submitted.job_id > 0
    assert [problem for problem in submitted.problems if "2015" in problem]


def test_an_unknown_partition_is_refused(recorded: Recorded) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        recorded.client("submitted held, unknown partition").submit_held(JOB)
    assert refused.value.code == 2000


def test_a_submission_with_a_bad_token_is_no_lost_answer(recorded: Recorded) -> None:
    client = recorded.client("submitted with a bad token", "slurmdbd with a bad token")
    with pytest.raises(CredentialRejected):
        client.submit_held(JOB)


def test_a_lost_answer_with_a_good_token_is_ambiguous() -> None:
    recorded = Recorded("v0.0.38")
    fine = Answer(200, {"errors": [], "clusters": [{"name": "alpha"}]})
    client = WIRES["v0.0.38"](Replay(recorded.answer("submitted with a bad token"), fine))
    with pytest.raises(Ambiguous) as unclear:
        client.submit_held(JOB)
    assert unclear.value.code == 5005


def test_a_slurmctld_that_was_not_connected_got_no_job(recorded: Recorded) -> None:
    error = {"error_number": 1800, "error": "Unable to contact slurm controller"}
    client = WIRES[recorded.wire](Replay(Answer(502, {"errors": [error]})))
    with pytest.raises(NotReached):
        client.submit_held(JOB)


def test_a_foreign_job_is_neither_cancelled_nor_released(recorded: Recorded) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        recorded.client("cancel of a foreign job").cancel(1)
    assert refused.value.code == 2002
    with pytest.raises(RefusedByCluster) as refused:
        recorded.client("release of a foreign job").release(1)
    assert refused.value.code == 2010


def test_what_is_over_is_cancelled_and_released_with_success(recorded: Recorded) -> None:
    recorded.client("cancel of a finished job").cancel(1)
    recorded.client("cancel of an unknown job").cancel(1)
    recorded.client("release of a finished job").release(1)


def test_an_unknown_job_is_none_and_has_no_records(recorded: Recorded) -> None:
    assert recorded.client("unknown job").job(99999) is None
    assert recorded.client("records of an unknown job").records_of(99999) == []


def test_the_runs_of_a_requeued_job_are_told_apart(recorded: Recorded) -> None:
    name = "records of a requeued job"
    job_id = recorded.answer(name).rows("jobs")[0]["job_id"]
    first, second = recorded.client(name).records_of(job_id)
    assert (first.state, second.state) == ("REQUEUED", "PENDING")
    assert first.gpu_seconds == first.elapsed * 2 > 0
    assert second.end_time is None


def test_an_account_shows_its_limits(recorded: Recorded) -> None:
    name = "associations of an account"
    view = recorded.client(name).association(account="cesai-a1")
    assert view is not None
    assert (view.parent, view.user, view.gpu_minutes, view.gpus) == ("cesai", "", 3, None)
    user = recorded.client(name).association(account="cesai-a1", user="runner")
    assert user is not None
    assert user.gpu_minutes is None


def test_an_unknown_account_is_none(recorded: Recorded) -> None:
    client = recorded.client("associations of an unknown account")
    assert client.association(account="nope") is None


def test_a_partition_shows_its_limit(recorded: Recorded) -> None:
    [gpu] = recorded.client("partitions").partitions()
    assert (gpu.name, gpu.state, gpu.max_minutes, gpu.nodes) == ("gpu", "UP", 600, ("alpha1",))


def test_a_dead_slurmdbd_is_no_empty_accounting(recorded: Recorded) -> None:
    error = {"description": "Failed to open slurmdbd connection", "error_number": 7000}
    silent = Answer(200, {"errors": [error], "jobs": []})
    fine = Answer(200, {"errors": [], "partitions": []})  # slurmctld takes the token
    with pytest.raises(Ambiguous):
        WIRES[recorded.wire](Replay(silent, silent, fine), "alpha").records_of(1)


def test_a_job_that_lost_its_start_is_not_final_on_22_05() -> None:
    recorded = Recorded("v0.0.38").answer("records of a requeued job")
    row = {**recorded.rows("jobs")[0], "name": "allocation", "partition": ""}
    answer = Answer(200, {"errors": [], "jobs": [row]})
    [record] = WIRES["v0.0.38"](Replay(answer), "alpha").records_of(row["job_id"])
    assert record.end_time is None


def test_several_clusters_on_one_accounting_want_a_name_on_22_05() -> None:
    clusters = Answer(200, {"errors": [], "clusters": [{"name": "alpha"}, {"name": "beta"}]})
    with pytest.raises(Exception, match="alpha, beta"):
        WIRES["v0.0.38"](Replay(clusters)).association(account="cesai")
