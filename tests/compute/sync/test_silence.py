"""A cluster that goes silent in a pass costs one time-out, not one for each call that is due."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from compute.models import Allocation, Job
from tests.compute.sync.site import Site, age, state_of, submit

PARALLEL = 16


@pytest.fixture(autouse=True)
def _impatient(settings: Settings) -> None:
    settings.CLUSTER_READ_SECONDS = 1


def test_a_pass_waits_once_and_sends_nothing_more(site: Site, allocation: Allocation) -> None:
    jobs = [submit(allocation) for _ in range(128)]
    site.simulator.faults.hangs_at = "job/submit"
    began = time.monotonic()
    site.sync()
    assert time.monotonic() - began < 5
    asked = Job.objects.filter(state="sending").count()
    assert 0 < asked <= PARALLEL  # fewer if the first gave up before the last had begun
    waiting = Job.objects.filter(state="new")
    assert waiting.count() == len(jobs) - asked
    assert set(waiting.values_list("attempts", flat=True)) == {0}


def test_what_was_not_sent_goes_when_it_answers(site: Site, allocation: Allocation) -> None:
    jobs = [submit(allocation) for _ in range(PARALLEL + 4)]
    site.simulator.faults.hangs_at = "job/submit"
    site.sync()
    site.simulator.faults.hangs_at = ""
    for _ in range(2):
        age(60)
        site.sync()
    assert {state_of(job) for job in jobs} == {"running", "pending"}
    assert [len(site.all_of(job)) for job in jobs] == [1] * len(jobs)
