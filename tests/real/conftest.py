"""A real site of each release, started once, and a fresh record of it for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from dev import places
from dev.slurm import SlurmSite
from tests.real.centre import Centre
from tests.slurm.conftest import REAL, open_site

pytestmark = REAL
SITES = [
    pytest.param("22.05", marks=REAL),
    pytest.param("24.11", marks=[*REAL, pytest.mark.long]),
    pytest.param("26.05", marks=[*REAL, pytest.mark.long]),
]


@pytest.fixture(scope="session", params=SITES)
def site(request: pytest.FixtureRequest) -> Iterator[SlurmSite]:
    directory = Path(tempfile.mkdtemp(prefix="portal-", dir=places.state_directory()))
    directory.chmod(0o755)
    found = open_site(directory, request.param, ["north"])
    try:
        found.start()
        found.bootstrap()
        yield found
    finally:
        found.remove()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def centre(db: None, site: SlurmSite, settings: Settings) -> Iterator[Centre]:
    settings.CLUSTER_URLS = [site.clusters[0].url]
    found = Centre(site)
    found.sync()
    yield found
    site.clusters[0].drain()
