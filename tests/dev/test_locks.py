"""What the portal imports is in the lock that a deployment installs, not only in developers'."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from dev import places

OURS = ("cesai", "compute", "projects", "registry")


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_everything_that_the_portal_imports_is_locked_for_deployments() -> None:
    lock = (places.ROOT / "requirements" / "base.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    files = [file for app in OURS for file in (places.ROOT / app).rglob("*.py")]
    names = {name.split(".")[0] for file in files for name in _imported(file)}
    sources = packages_distributions()
    missing = {
        name
        for name in names - set(OURS) - set(sys.stdlib_module_names)
        if not {_normal(source) for source in sources[name]} & locked
    }
    assert len(names) > 20
    assert missing == set()
