"""The package by itself: built, installed where nothing of the portal is, and run there."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from cesai_client import __version__
from dev import places

PACKAGE = places.ROOT / "clients" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as for an index of packages."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip")
    command = [*pip, "wheel", "--quiet", "--no-deps", "-w", str(folder), str(PACKAGE)]
    subprocess.run(command, check=True, cwd=folder)
    [found] = folder.glob("*.whl")
    return found


def test_it_holds_the_package_its_types_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert wheel.name == f"cesai-{__version__}-py3-none-any.whl"
    assert {"cesai_client/py.typed", "cesai_client/cli/main.py", "cesai_client/shapes.py"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names} == {
        "cesai_client",
        f"cesai-{__version__}.dist-info",
    }


def test_it_runs_where_nothing_else_is_installed(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", wheel], check=True)

    def says(*command: str) -> str:
        done = subprocess.run(
            [programs / command[0], *command[1:]],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert says("cesai", "--version") == f"cesai, version {__version__}\n"
    assert "submit" in says("cesai", "--help")
    assert says("python", "-m", "cesai_client", "--version").endswith(f"{__version__}\n")
    found = says("python", "-c", "import cesai_client; print(cesai_client.__file__)")
    assert Path(found.strip()).is_relative_to(tmp_path)
    installed = says("pip", "list", "--format=freeze")
    assert "django" not in installed.lower()


def test_its_licence_is_the_portals() -> None:
    assert (PACKAGE / "LICENSE").read_text() == (places.ROOT / "LICENSE").read_text()
