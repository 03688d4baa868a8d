"""A job is described to each wire version in its own spelling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compute.slurm.answers import Answer
from compute.slurm.rest import WIRES
from compute.slurm.types import JobDescription
from tests.slurm.test_recorded import JOB, Replay


def described(wire: str, job: JobDescription) -> dict[str, Any]:
    """What is sent for a job."""
    call = Replay(Answer(200, {"errors": [], "job_id": 1}))
    WIRES[wire](call).submit_held(job)
    [(_, _, body)] = call.sent
    assert body["script"] == job.script
    return dict(body["job"])


def test_every_job_is_held_within_its_description() -> None:
    assert [described(wire, JOB)["hold"] for wire in WIRES] == [True, True]


def test_name_and_comment_are_the_token() -> None:
    for wire in WIRES:
        job = described(wire, JOB)
        assert (job["name"], job["comment"]) == (JOB.name, JOB.name)


def test_gpus_are_spelt_as_each_version_wants_them() -> None:
    job = replace(JOB, gpus_per_node=4, gpu_type="a100")
    assert described("v0.0.38", job)["gres"] == "gpu:a100:4"
    assert described("v0.0.42", job)["tres_per_node"] == "gres/gpu:a100:4"


def test_a_job_without_gpus_asks_for_none() -> None:
    job = replace(JOB, gpus_per_node=0)
    assert "gres" not in described("v0.0.38", job)
    assert "tres_per_node" not in described("v0.0.42", job)


def test_the_environment_is_an_object_or_a_list() -> None:
    job = replace(JOB, environment={"PATH": "/bin", "SEED": "4=2"})
    assert described("v0.0.38", job)["environment"] == {"PATH": "/bin", "SEED": "4=2"}
    assert described("v0.0.42", job)["environment"] == ["PATH=/bin", "SEED=4=2"]


def test_no_requeue_is_said_in_the_words_that_work() -> None:
    old, new = described("v0.0.38", JOB), described("v0.0.42", JOB)
    assert (old.get("no_requeue"), old.get("requeue")) == (True, None)
    assert new["requeue"] is False


def test_a_requeue_that_was_asked_for_is_said() -> None:
    job = replace(JOB, requeue=True)
    old, new = described("v0.0.38", job), described("v0.0.42", job)
    assert (old.get("no_requeue"), old.get("requeue")) == (None, True)
    assert new["requeue"] is True


def test_sizes_and_files_are_handed_over() -> None:
    job = replace(
        JOB, nodes=2, tasks=8, cpus_per_task=4, memory_mb_per_node=512, output="/o", error="/e"
    )
    old, new = described("v0.0.38", job), described("v0.0.42", job)
    assert (old["nodes"], old["tasks"], old["cpus_per_task"]) == (2, 8, 4)
    assert (new["nodes"], new["tasks"], new["cpus_per_task"]) == ("2", 8, 4)
    assert old["memory_per_node"] == 512
    assert new["memory_per_node"] == {"set": True, "number": 512}
    assert (old["standard_output"], old["standard_error"]) == ("/o", "/e")
    assert (new["standard_output"], new["standard_error"]) == ("/o", "/e")


def test_an_array_is_handed_over_as_it_was_asked_for() -> None:
    job = replace(JOB, array="0-3,7%2")
    assert [described(wire, job)["array"] for wire in WIRES] == ["0-3,7%2"] * 2


def test_what_was_not_said_is_left_to_the_cluster() -> None:
    for wire in WIRES:
        job = described(wire, JOB)
        assert not {"memory_per_node", "standard_output", "standard_error", "array"} & job.keys()
