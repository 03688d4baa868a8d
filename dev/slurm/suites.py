"""Lets apt fetch from another suite of this machine's distribution, beside the system's own."""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

SYSTEM = Path("/etc/apt")


class NoSourcesError(RuntimeError):
    """Nothing that apt reads on this machine can be taken for another suite."""


def options(directory: Path, suite: str) -> list[str]:
    """apt-get's options to know this suite alone, with lists and cache below ``directory``.

    No package counts as installed, so that a package brings all that it needs down to the
    C library. Raises NoSourcesError.
    """
    shutil.rmtree(directory, ignore_errors=True)
    for name in ("lists/partial", "cache", "sources.list.d"):
        (directory / name).mkdir(mode=0o755, parents=True)
    (directory / "status").touch()
    _write_sources(directory / "sources.list.d", suite)
    settings = {
        "Dir::State::lists": directory / "lists",
        "Dir::State::status": directory / "status",
        "Dir::State::extended_states": directory / "extended_states",
        "Dir::Cache": directory / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": directory / "sources.list.d",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _write_sources(into: Path, suite: str) -> None:
    """Derive them from the system's, so that mirrors, proxies and keys are those of the site."""
    own = own_suite()
    read = [SYSTEM / "sources.list", *sorted((SYSTEM / "sources.list.d").glob("*"))]
    for source in read:
        if own and source.suffix in (".list", ".sources") and source.is_file():
            derive = in_stanzas if source.suffix == ".sources" else in_lines
            if derived := derive(source.read_text(), own, suite):
                (into / source.name).write_text(derived)
    if not any(into.iterdir()):
        raise NoSourcesError(f"apt's sources do not name this machine's own suite {own}")


def own_suite() -> str:
    """For example ``bookworm``; "" where the distribution does not name it."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def in_stanzas(text: str, own: str, suite: str) -> str:
    """Stanzas that name our own suite, naming the other; those of updates alone are left out."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        suites = re.search(r"^Suites:(.*)$", stanza, re.MULTILINE)
        if suites and own in suites[1].split():
            found.append(f"{stanza[: suites.start(1)]} {suite}{stanza[suites.end(1) :]}\n")
    return "\n".join(found)


def in_lines(text: str, own: str, suite: str) -> str:
    """The same for the older form, one source a line."""
    line = rf"^(deb\s+(?:\[[^\]]*\]\s+)?\S+\s+){re.escape(own)}(\s.*)$"
    return "".join(f"{match[1]}{suite}{match[2]}\n" for match in re.finditer(line, text, re.M))
