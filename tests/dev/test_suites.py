"""apt's sources for another suite are those of this machine, with another name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.slurm import UnavailableError, suites
from dev.slurm.install import install
from dev.slurm.releases import V24_11
from tests.dev.conftest import needs_root

STANZAS = """\
# a mirror
Types: deb
URIs: http://mirror.invalid/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/site.gpg

Types: deb
URIs: http://mirror.invalid/debian-security
Suites: bookworm-security
Components: main
"""
LINES = """\
# deb http://mirror.invalid/debian bookworm main
deb [signed-by=/k.gpg arch=amd64] http://mirror.invalid/debian bookworm main contrib
deb-src http://mirror.invalid/debian bookworm main
deb http://mirror.invalid/debian bookworm-updates main
"""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's /etc/apt, still empty."""
    monkeypatch.setattr(suites, "SYSTEM", tmp_path / "system")
    (tmp_path / "system/sources.list.d").mkdir(parents=True)
    return tmp_path / "system"


def test_a_stanza_keeps_its_mirror_and_key_and_updates_are_left_out() -> None:
    derived = suites.in_stanzas(STANZAS, "bookworm", "sid")
    first, _ = STANZAS.split("\n\n")
    assert derived == first.replace("bookworm bookworm-updates", "sid") + "\n"


def test_a_line_keeps_its_mirror_and_options() -> None:
    derived = suites.in_lines(LINES, "bookworm", "sid")
    expected = "deb [signed-by=/k.gpg arch=amd64] http://mirror.invalid/debian sid main contrib\n"
    assert derived == expected


def test_apt_is_told_of_no_other_state_than_ours(tmp_path: Path, system: Path) -> None:
    own = suites.own_suite()
    (system / "sources.list").write_text(f"deb http://mirror.invalid/debian {own} main\n")
    told = suites.options(tmp_path / "apt", "sid")
    places = [option.split("=")[1] for option in told if option != "-o"]
    assert all(place == "/dev/null" or place.startswith(str(tmp_path)) for place in places)
    written = (tmp_path / "apt/sources.list.d/sources.list").read_text()
    assert written == "deb http://mirror.invalid/debian sid main\n"


def test_a_machine_without_sources_says_so(tmp_path: Path, system: Path) -> None:
    with pytest.raises(suites.NoSourcesError, match="do not name"):
        suites.options(tmp_path / "apt", "sid")


@needs_root
def test_a_suite_that_cannot_be_fetched_is_named(tmp_path: Path, system: Path) -> None:
    nowhere = f"deb [trusted=yes] file:{tmp_path}/nothing {suites.own_suite()} main\n"
    (system / "sources.list").write_text(nowhere)
    with pytest.raises(UnavailableError, match=r"Slurm 24\.11 cannot be .* the suite trixie"):
        install(tmp_path / "packages", lambda _line: None, V24_11)
    assert not (tmp_path / "packages/root").exists()
