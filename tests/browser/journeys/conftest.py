"""The stage of each journey, on a cluster that is simulated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from dev.simulator import Simulator
from tests import make
from tests.browser.conftest import Open
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import Way
from tests.compute.sync.site import Site


@pytest.fixture
def site(transactional_db: None, settings: Settings) -> Iterator[Site]:
    """A site that runs jobs."""
    with Simulator(name="north") as simulator:
        settings.CLUSTER_URLS = [simulator.url]
        cluster = make.make_cluster(
            slug="north", name="North", slurm_cluster="north", rest_url=simulator.url
        )
        yield Site(simulator, cluster)


@pytest.fixture
def stage(way: Way, site: Site, open_as: Open, address: str) -> Stage:
    return Stage(way, open_as, address, site)
