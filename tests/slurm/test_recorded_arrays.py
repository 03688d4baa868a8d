"""Arrays are read right from answers that real clusters gave (22.05.8 and 24.11.5)."""

from __future__ import annotations

import pytest

from compute.slurm.answers import Answer
from compute.slurm.arrays import tasks_in_list, tasks_in_mask
from compute.slurm.errors import Ambiguous, RefusedByCluster
from compute.slurm.rest import WIRES
from compute.slurm.types import JobRecord, JobView
from tests.slurm.test_recorded import Recorded, Replay

CUT = "0-1,4,9,16,25,36,49,64,81,100,121,144,169,196,225,256,289,32...%3"


@pytest.fixture(params=sorted(WIRES))
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


def places(rows: list[JobView] | list[JobRecord]) -> list[tuple[int | None, str, int]]:
    """Task, state and for how many tasks the row stands, in the order of ids."""
    rows.sort(key=lambda row: row.job_id)
    assert {row.array_job_id for row in rows} == {rows[0].job_id}
    return [(row.array_task_id, row.state, row.array_tasks_waiting) for row in rows]


def test_a_held_array_is_one_row_for_all_its_tasks(recorded: Recorded) -> None:
    [view] = recorded.client("array held").tasks(1)
    assert view.array_job_id == view.job_id
    assert (view.is_held, view.array_task_id, view.array_tasks_waiting) == (True, None, 4)
    assert view.gpus == 2


def test_started_tasks_are_rows_and_the_others_one_row(recorded: Recorded) -> None:
    views = [*recorded.client("array under way").tasks(1)]
    assert places(views) == [(None, "PENDING", 2), (0, "RUNNING", 1), (1, "RUNNING", 1)]


def test_tasks_cancelled_before_their_start_stay_one_row(recorded: Recorded) -> None:
    views = [*recorded.client("array cancelled").tasks(1)]
    assert places(views) == [(None, "CANCELLED", 2), (0, "COMPLETED", 1), (1, "CANCELLED", 1)]


def test_the_id_of_an_array_gives_the_row_that_has_it(recorded: Recorded) -> None:
    [first, *_] = sorted(row["job_id"] for row in recorded.answer("array under way").rows("jobs"))
    view = recorded.client("array under way").job(first)
    assert view is not None
    assert (view.job_id, view.state) == (first, "PENDING")


def test_a_plain_job_is_no_array(recorded: Recorded) -> None:
    view = recorded.client("job held").job(1)
    assert view is not None
    assert (view.array_job_id, view.array_task_id, view.array_tasks_waiting) == (0, None, 1)


def test_each_task_has_a_record_and_the_last_keeps_the_id(recorded: Recorded) -> None:
    name = "records of an array"
    job_id = recorded.answer(name).rows("jobs")[0]["array"]["job_id"]
    records = [*recorded.client(name).records_of(job_id)]
    done = [(task, "COMPLETED", 1) for task in (3, 0, 1, 2)]
    assert places(records) == done
    assert all(record.gpu_seconds == record.elapsed * 2 > 0 for record in records)


def test_tasks_that_never_started_are_one_record_without_use(recorded: Recorded) -> None:
    name = "records of a cancelled array"
    job_id = recorded.answer(name).rows("jobs")[0]["array"]["job_id"]
    records = [*recorded.client(name).records_of(job_id)]
    assert places(records)[0] == (None, "CANCELLED", 2)
    assert (records[0].elapsed, records[0].gpus) == (0, 0)


def test_an_array_that_ended_is_cancelled_and_released_with_success(recorded: Recorded) -> None:
    recorded.client("cancel of an ended array").cancel(1)
    recorded.client("release of an ended array", "array cancelled").release(1)


@pytest.mark.parametrize("name", ["release of an array", "release of an array with an ended task"])
def test_a_release_that_worked_is_success_whatever_22_05_says(
    recorded: Recorded, name: str
) -> None:
    recorded.client(name, "array under way").release(1)


def test_an_ended_task_does_not_hide_that_others_are_still_held() -> None:
    recorded = Recorded("v0.0.38")
    with pytest.raises(Ambiguous, match="still held"):
        recorded.client("release of an array with an ended task", "array held").release(1)


def test_a_foreign_array_is_not_released() -> None:
    with pytest.raises(RefusedByCluster) as refused:
        Recorded("v0.0.38").client("release of a foreign array").release(1)
    assert refused.value.code == 2010


def test_a_release_that_needs_no_second_look_takes_none() -> None:
    call = Replay(Answer(200, {"errors": []}))
    WIRES["v0.0.38"](call).release(1)
    assert [method for method, _, _ in call.sent] == ["POST"]


@pytest.mark.parametrize(
    ("listed", "tasks"),
    [("", 0), ("0", 1), ("0-3", 4), ("2-3%2", 2), ("1,3,5-9", 7), ("0-998:2", 500), (CUT, 19)],
)
def test_a_list_of_tasks_is_counted(listed: str, tasks: int) -> None:
    assert tasks_in_list(listed) == tasks


@pytest.mark.parametrize("cut", ["10-1...", "10-...", "10...", "1...%4"])
def test_a_list_that_was_cut_off_counts_at_least_what_is_sure(cut: str) -> None:
    assert tasks_in_list(cut) == 1


@pytest.mark.parametrize(
    ("mask", "tasks"), [("", 0), ("0xF", 4), ("0xC", 2), ("0x8", 1), ("12", 0), ("0x", 0)]
)
def test_a_mask_of_tasks_is_counted(mask: str, tasks: int) -> None:
    assert tasks_in_mask(mask) == tasks
