"""Real Slurm under trouble: what counts is what the jobs themselves say of their starts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from dev.slurm import SlurmSite
from tests.faults.real import (
    Kill,
    RealPortal,
    Stall,
    before_each_submission,
    look_too_early,
    real_portal,
    real_site,
    submit_without_hold,
)

pytestmark = [
    pytest.mark.real_slurm,
    pytest.mark.skipif(os.geteuid() != 0, reason="runs jobs as other users"),
]


READ = 0.5  # seconds after which the portal gives an answer up


@pytest.fixture(scope="module")
def site() -> Iterator[SlurmSite]:
    with real_site() as site:
        yield site


@pytest.fixture
def portal(transactional_db: None, site: SlurmSite, settings: Settings) -> Iterator[RealPortal]:
    with real_portal(site) as portal:
        settings.CLUSTER_READ_SECONDS = READ
        yield portal


@pytest.fixture
def hindered(portal: RealPortal, monkeypatch: pytest.MonkeyPatch) -> RealPortal:
    """Nothing but the order of the steps is left to keep an intent from running twice."""
    look_too_early(monkeypatch)
    return portal


def run(portal: RealPortal, many: int) -> Counter[str]:
    """Hand intents over, wait for all to end; each name once, as the starts ought to be."""
    jobs = portal.submit(many)
    portal.hand_over(within=60)
    portal.settle(within=60)
    return Counter(job.token for job in jobs)


def test_30_intents_run_once_though_slurmctld_stalls_at_each_submission(
    hindered: RealPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = Stall(hindered.real, seconds=1.4 * READ)
    before_each_submission(monkeypatch, stall)
    once = run(hindered, 30)
    assert hindered.starts() == hindered.recorded() == once
    assert hindered.held() == []
    assert hindered.cancelled() >= 20  # second copies that came to be, and never started


def test_40_intents_run_once_though_slurmrestd_is_killed_under_them(
    hindered: RealPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = Kill(hindered.real, every=10)
    before_each_submission(monkeypatch, kill)
    once = run(hindered, 40)
    assert hindered.starts() == hindered.recorded() == once
    assert hindered.held() == []
    assert kill.kills >= 4


@pytest.mark.long
def test_a_portal_that_submits_without_a_hold_is_found_out(
    hindered: RealPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit_without_hold(monkeypatch)
    before_each_submission(monkeypatch, Stall(hindered.real, seconds=1.4 * READ))
    run(hindered, 30)
    assert max(hindered.starts().values()) == 2
