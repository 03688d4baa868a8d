"""The clusters that every contract test runs against."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compute.slurm.client import SlurmClient
from dev import places
from dev.simulator import Simulator
from dev.slurm import SlurmSite, UnavailableError
from dev.slurm.releases import OWN, V24_11, V26_05
from tests.slurm.contract import ClusterUnderTest, new_account, wire_of

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="runs jobs as other users")
REAL = [pytest.mark.real_slurm, needs_root]
# The distribution's own, whichever it is, goes by the release that Debian 12 has.
RELEASES = {"22.05": OWN, V24_11.name: V24_11, V26_05.name: V26_05}
CLUSTERS = [
    "simulated 22.05",
    "simulated 24.11",
    pytest.param("simulated 26.05", marks=pytest.mark.long),
    pytest.param("real 22.05", marks=REAL),
    pytest.param("real 24.11", marks=[*REAL, pytest.mark.long]),
    pytest.param("real 26.05", marks=[*REAL, pytest.mark.long]),
]


@pytest.fixture(scope="session", params=CLUSTERS)
def cluster(request: pytest.FixtureRequest) -> Iterator[ClusterUnderTest]:
    kind, _, release = request.param.partition(" ")
    opened = _real(release) if kind == "real" else _simulated(release)
    with opened as found:
        _admit_users(found)
        yield found


@pytest.fixture
def alice(cluster: ClusterUnderTest) -> Iterator[SlurmClient]:
    """A plain user who may submit under the shared account."""
    with cluster.client(cluster.alice) as client:
        yield client


@pytest.fixture
def bob(cluster: ClusterUnderTest) -> Iterator[SlurmClient]:
    """Another plain user under the same account."""
    with cluster.client(cluster.bob) as client:
        yield client


@pytest.fixture
def control(cluster: ClusterUnderTest) -> Iterator[SlurmClient]:
    """The coordinator of the parent account."""
    with cluster.client(cluster.control_user) as client:
        yield client


@contextmanager
def _simulated(release: str) -> Iterator[ClusterUnderTest]:
    wire = wire_of(release)
    with Simulator(name="north", wire=wire, slurm_version=f"{release}.5") as simulator:
        yield ClusterUnderTest(
            name="north",
            url=simulator.url,
            release=release,
            token=simulator.token,
            requeue=simulator.requeue,
            account=new_account(),
        )


@contextmanager
def _real(release: str) -> Iterator[ClusterUnderTest]:
    """Two clusters on one accounting, so that rows of the other one can be mistaken for ours."""
    with _open_directory() as directory:
        site = open_site(directory, release, ["north", "south"])
        try:
            site.start()
            site.bootstrap()
            north = site.clusters[0]
            found = ClusterUnderTest(
                name=north.name,
                url=north.url,
                release=release,
                token=north.token,
                requeue=lambda job_id: north.run("scontrol", "requeue", str(job_id)),
                account=new_account(),
            )
            for user in (found.alice, found.bob):
                site.ensure_user(user)
            yield found
        finally:
            site.remove()


def open_site(directory: Path, release: str, clusters: list[str]) -> SlurmSite:
    """A site that is not started yet; skips where its release cannot be had."""
    try:
        return SlurmSite(directory, clusters, release=RELEASES[release])
    except UnavailableError as error:
        # This machine's own release is fetched before the tests and must be there.
        if RELEASES[release] == OWN:
            raise
        pytest.skip(str(error))


@contextmanager
def _open_directory() -> Iterator[Path]:
    """An empty directory that unprivileged users can traverse, unlike pytest's own."""
    directory = Path(tempfile.mkdtemp(prefix="test-", dir=places.state_directory()))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _admit_users(cluster: ClusterUnderTest) -> None:
    """The shared account of the contract tests, made as the portal makes one."""
    with cluster.client(cluster.control_user) as control:
        control.create_account(
            name=cluster.account, parent=cluster.parent, description="tests", gpu_minutes=100_000
        )
        for user in (cluster.alice, cluster.bob):
            control.create_user_association(account=cluster.account, user=user)
