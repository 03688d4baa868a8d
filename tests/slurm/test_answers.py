"""Slurm's numbers, texts and states are read as they are meant."""

from __future__ import annotations

import pytest

from compute.slurm.answers import gpus_among, gpus_in, integer, moment
from compute.slurm.states import base_state, is_held, recorded_state
from compute.slurm.v38 import host_list


@pytest.mark.parametrize(
    ("tres", "gpus"),
    [
        ("", 0),
        ("cpu=1,mem=62.50G,node=1,billing=1", 0),
        ("cpu=1,node=2,gres/gpu=8", 8),
        ("cpu=1,gres/gpu=8,gres/gpu:a100=8", 8),
        ("gres/gpu:a100=4,gres/gpu:h100=2", 6),
        ("gres/gpumem=40,gres/gpuutil=1", 0),
        ("gres/gpu=2,gres/gpumem=40", 2),
    ],
)
def test_gpus_are_counted_once(tres: str, gpus: int) -> None:
    assert gpus_in(tres) == gpus


def test_typed_entries_repeat_the_untyped_one() -> None:
    typed = {"type": "gres", "name": "gpu:a100", "count": 8}
    untyped = {"type": "gres", "name": "gpu", "count": 8}
    assert gpus_among([typed, untyped]) == 8
    assert gpus_among([{"type": "cpu", "name": "", "count": 4}]) is None
    assert gpus_among(None) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (None, None),
        ("5", None),
        ({"set": True, "infinite": False, "number": 5}, 5),
        ({"set": False, "infinite": True, "number": 0}, None),
        ({"set": False, "infinite": False, "number": 0}, None),
        ({}, None),
    ],
)
def test_numbers_are_plain_or_wrapped(value: object, number: int | None) -> None:
    assert integer(value) == number


@pytest.mark.parametrize("never", [0, None, 4_294_967_294, 4_294_967_295])
def test_numbers_for_never_are_no_time(never: int | None) -> None:
    assert moment(never) is None


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("RUNNING", "RUNNING"),
        ("COMPLETING", "RUNNING"),
        (["CANCELLED", "COMPLETING"], "CANCELLED"),
        (["RUNNING", "CONFIGURING"], "RUNNING"),
        (["COMPLETING"], "RUNNING"),
        ("REQUEUE_HOLD", "PENDING"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
        (None, ""),
    ],
)
def test_flags_are_not_states(shown: object, state: str) -> None:
    assert base_state(shown) == state


@pytest.mark.parametrize("shown", ["REQUEUED", ["PENDING", "REQUEUED"]])
def test_the_ended_run_of_a_requeued_job_says_so(shown: object) -> None:
    assert recorded_state(shown) == "REQUEUED"


@pytest.mark.parametrize(
    ("state", "reason", "priority", "held"),
    [
        ("PENDING", "JobHeldUser", 0, True),
        ("PENDING", "JobHeldAdmin", 0, True),
        ("PENDING", "BadConstraints", 0, False),
        ("PENDING", "JobHeldUser", 1, False),
        ("RUNNING", "JobHeldUser", 0, False),
    ],
)
def test_only_a_waiting_job_is_held(state: str, reason: str, priority: int, held: bool) -> None:
    assert is_held(state, reason, priority) is held


@pytest.mark.parametrize(
    ("text", "hosts"),
    [("", []), ("a", ["a"]), ("a[1-3,7],b", ["a[1-3,7]", "b"]), ("a,b", ["a", "b"])],
)
def test_host_lists_are_taken_apart(text: str, hosts: list[str]) -> None:
    assert host_list(text) == hosts
