"""The architecture: who may import whom, and that nothing happens behind anybody's back."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import ReferenceType

import pytest
from celery.utils.dispatch import Signal as CelerySignal
from django.dispatch import Signal

from cesai.env import ROOT

APPS = ("cesai", "compute", "registry", "projects")
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]


def test_every_import_goes_the_one_way() -> None:
    done = subprocess.run(LINT, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("projects/roles.py", "import registry.vocabulary", "One direction between apps"),
        ("projects/models/people.py", "import projects.actions.groups", "Downwards only"),
        ("compute/actions/jobs.py", "import compute.slurm.rest", "Only sync speaks"),
        ("compute/actions/jobs.py", "import compute.sync.follow", "Downwards only"),
        ("registry/detect.py", "import registry.api", "Downwards only"),
        ("registry/helpers.py", "", "Downwards only"),
        ("projects/doorbell.py", "import httpx", "One file speaks HTTP"),
        ("compute/quota.py", "import django.db", "Arithmetic"),
        ("compute/tasks.py", "import cesai.celery", "One direction between apps"),
    ],
)
def test_a_stranger_to_a_layer_is_found(
    tmp_path: Path, file: str, line: str, contract: str
) -> None:
    for app in APPS:
        _copy(ROOT / app, tmp_path / app)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    with (tmp_path / file).open("a") as source:
        source.write(f"\n{line}\n")

    done = subprocess.run(LINT, cwd=tmp_path, capture_output=True, text=True, check=False)

    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), done.stdout


def test_our_apps_listen_to_no_signals() -> None:
    assert [name for name in map(_module, _receivers()) if name.split(".")[0] in APPS] == []


def test_a_receiver_would_be_found() -> None:
    signal = Signal()
    signal.connect(_listen)

    assert __name__ in set(map(_module, _receivers()))


def _listen(**_kwargs: Any) -> None:
    """What no app of ours has."""


def _receivers() -> Iterator[Any]:
    for thing in gc.get_objects():
        if issubclass(type(thing), (Signal, CelerySignal)):
            for entry in thing.receivers or []:
                receiver = entry[1]
                yield receiver() if isinstance(receiver, ReferenceType) else receiver


def _module(receiver: Any) -> str:
    return getattr(receiver, "__module__", None) or ""


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*.py"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
