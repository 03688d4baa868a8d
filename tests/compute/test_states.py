"""States: what may follow what, and that nothing moves in another way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from compute.models import Allocation, Job
from compute.models.allocations import STATE_LABELS as ALLOCATION_LABELS
from compute.models.jobs import STATE_LABELS as JOB_LABELS
from compute.models.limits import STATE_LABELS as LIMIT_LABELS
from compute.models.requests import STATE_LABELS as REQUEST_LABELS
from compute.models.words import WORDS
from compute.slurm.states import BASE
from compute.states import (
    ALLOCATION_MOVES,
    FINAL,
    JOB_MOVES,
    LIMIT_MOVES,
    REQUEST_MOVES,
    WILL_NOT_START,
    AllocationState,
    JobState,
    LimitState,
    RequestState,
    from_slurm,
)
from tests import make

TABLES: list[tuple[Any, Mapping[Any, frozenset[Any]], Any]] = [
    (JobState, JOB_MOVES, JOB_LABELS),
    (RequestState, REQUEST_MOVES, REQUEST_LABELS),
    (AllocationState, ALLOCATION_MOVES, ALLOCATION_LABELS),
    (LimitState, LIMIT_MOVES, LIMIT_LABELS),
]


@pytest.mark.parametrize(("states", "moves", "labels"), TABLES)
def test_every_state_has_a_label_and_moves_lead_to_states(
    states: Any, moves: Mapping[Any, frozenset[Any]], labels: Any
) -> None:
    assert [value for value, _label in labels] == [state.value for state in states]
    assert set(moves) | set().union(*moves.values()) <= set(states)


@pytest.mark.parametrize(("states", "moves", "labels"), TABLES)
def test_no_state_is_its_own_successor(
    states: Any, moves: Mapping[Any, frozenset[Any]], labels: Any
) -> None:
    assert not [state for state, after in moves.items() if state in after]


def test_from_a_final_state_of_a_job_nothing_leads_on() -> None:
    assert not set(JOB_MOVES) & FINAL


def test_a_job_that_the_cluster_holds_is_never_sent_again() -> None:
    after_commit = {JobState.KNOWN, JobState.RELEASED, JobState.PENDING, JobState.RUNNING}
    reached = set(after_commit)
    while more := set().union(*(JOB_MOVES.get(state, set()) for state in reached)) - reached:
        reached |= more
    assert not reached & {JobState.NEW, JobState.SENDING, JobState.BLOCKED}


def test_every_state_of_a_job_can_end() -> None:
    ends = set(FINAL)
    while more := {s for s, after in JOB_MOVES.items() if after & ends} - ends:
        ends |= more
    assert ends == set(JobState)


@pytest.mark.parametrize("word", sorted(BASE))
def test_every_base_state_of_slurm_has_one_of_ours(word: str) -> None:
    assert from_slurm(word) is not None


def test_a_word_that_nobody_knows_has_none() -> None:
    assert from_slurm("LEVITATING") is None


def test_a_move_that_the_table_does_not_know_is_a_fault(db: None) -> None:
    job = make.make_job()
    with pytest.raises(ValueError, match="new → running is not allowed"):
        job.move_to(JobState.RUNNING, now=make.now())
    job.refresh_from_db()
    assert job.state == "new"


def test_of_two_who_read_the_same_state_one_moves_it(db: None) -> None:
    make.make_job()
    first, second = Job.objects.get(), Job.objects.get()
    assert first.move_to(JobState.SENDING, now=make.now()) is True
    assert second.move_to(JobState.CANCELLED, now=make.now()) is False
    assert Job.objects.get().state == "sending"
    assert [move.to_state for move in first.moves.all()] == ["new", "sending"]


def test_a_job_shows_the_reason_of_its_last_move(db: None) -> None:
    job = make.make_job()
    job.move_to(JobState.REFUSED, now=make.now(), reason="no such partition")
    assert Job.objects.get().reason == job.reason == "no such partition"


def test_an_allocations_move_keeps_its_reason_in_the_history(db: None) -> None:
    allocation = make.make_allocation()
    allocation.move_to(AllocationState.REVOKED, now=make.now(), reason="misuse")
    assert [move.reason for move in Allocation.objects.get().moves.all()] == ["", "misuse"]


def test_what_will_never_start_has_words() -> None:
    assert set(WORDS) >= WILL_NOT_START
