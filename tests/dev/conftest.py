"""Directories and real clusters for the tests of dev/."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dev import places
from dev.slurm import SlurmSite

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="runs servers as other users")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """An empty directory that unprivileged users can traverse, unlike pytest's own."""
    with _open_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def two_sites() -> Iterator[tuple[SlurmSite, SlurmSite]]:
    """Two centres beside each other, both with a cluster called north."""
    with _open_directory() as directory, ExitStack() as undo:
        sites = SlurmSite(directory / "a", ["north"]), SlurmSite(directory / "b", ["north"])
        for site in sites:
            undo.callback(site.remove)
            site.start()
            site.bootstrap()
        yield sites


@contextmanager
def _open_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="test-", dir=places.state_directory()))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
