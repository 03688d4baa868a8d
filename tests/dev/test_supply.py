"""The bill of materials, and an audit that takes silence for no pass."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev.supply import LOCK, bill_of_materials
from dev.vendor import checksums


@pytest.fixture(scope="module")
def bill() -> dict[str, object]:
    return bill_of_materials()


def test_every_locked_package_stands_in_it_with_its_release_and_a_hash(
    bill: dict[str, list[dict[str, object]]],
) -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ]+)", LOCK.read_text(), re.M))
    assert len(locked) > 30
    stated = {
        (one["name"], one["version"])
        for one in bill["components"]
        if one["type"] == "library" and ("hashes" in one or "externalReferences" in one)
    }
    assert locked == stated


def test_every_vendored_file_stands_in_it_with_its_checksum(
    bill: dict[str, list[dict[str, object]]],
) -> None:
    files = {one["name"]: one["hashes"] for one in bill["components"] if one["type"] == "file"}
    assert files == {
        name: [{"alg": "SHA-256", "content": digest}] for name, digest in checksums().items()
    }


def test_a_package_that_cannot_be_audited_is_no_pass(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("cesai-portal-is-not-a-package==1.0\n")
    done = subprocess.run(
        [sys.executable, "-m", "dev.supply", "audit", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "did not pass" in done.stdout
