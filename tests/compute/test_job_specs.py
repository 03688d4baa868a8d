"""What a job may ask for, whichever door it comes through."""

from __future__ import annotations

import pytest

from compute.actions.job_specs import JobSpec, check_spec
from compute.models import Allocation
from projects.errors import Invalid


def spec(allocation: Allocation, **options: str) -> JobSpec:
    return JobSpec(
        script="#!/bin/sh\n",
        gpus=1,
        minutes=5,
        working_directory=allocation.pool.cluster.directory_of(allocation.unix_user),
        options=options,
    )


@pytest.mark.parametrize("array", ["0", "0-3%2", "0-999"])
def test_an_array_of_up_to_a_thousand_tasks_may_be(allocation: Allocation, array: str) -> None:
    check_spec(spec(allocation, array=array), allocation)


@pytest.mark.parametrize("array", ["0-1000", "1,1", "3-1", "0-3%x"])
def test_an_array_that_no_script_may_ask_for_is_refused_by_every_door(
    allocation: Allocation, array: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_spec(spec(allocation, array=array), allocation)
    assert list(refused.value.fields or {}) == ["array"]
