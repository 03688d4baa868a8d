"""A site of each wire version, whose record of starts is checked after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from compute.models import Allocation, Cluster, Job
from dev.simulator import Simulator
from dev.simulator.cluster import Cluster as Simulated
from dev.simulator.server import WIRES
from projects.models import Project
from tests import make
from tests.compute.sync.site import CONTROL, Site, submit


@pytest.fixture(scope="session", params=sorted(WIRES))
def port(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """One server for many tests: to close it takes half a second."""
    with Simulator(name="north", wire=request.param) as simulator:
        yield simulator


@pytest.fixture
def simulator(port: Simulator) -> Simulator:
    """A new cluster behind the same port."""
    port.cluster = Simulated(port.settings)
    port.faults = port.cluster.faults
    port.wire = WIRES[port.settings.wire](port.cluster)
    return port


@pytest.fixture
def cluster(db: None, simulator: Simulator, settings: Settings) -> Cluster:
    settings.CLUSTER_URLS = [simulator.url]
    return make.make_cluster(slug="north", slurm_cluster="north", rest_url=simulator.url)


@pytest.fixture
def site(simulator: Simulator, cluster: Cluster) -> Iterator[Site]:
    """The cluster with a control credential; nothing may have been started twice at the end."""
    found = Site(simulator, cluster)
    found.deliver(CONTROL)
    yield found
    twice = {name: n for name, n in found.starts.items() if n > 1}
    requeued = {
        row.description.name for row in simulator.cluster.scheduler.jobs.values() if row.earlier
    }
    assert not set(twice) - requeued, f"started more than once: {twice}"


@pytest.fixture
def allocation(site: Site, project: Project, cluster: Cluster) -> Allocation:
    """60 GPU-hours that the first pass brought into force."""
    allocation = make.make_allocation(project, make.make_pool(cluster), in_force=False)
    site.deliver(allocation.unix_user)
    site.sync()
    assert allocation.limit.state == "in_force"
    return allocation


@pytest.fixture
def job(allocation: Allocation) -> Job:
    """An intent of one GPU for five minutes."""
    return submit(allocation)
