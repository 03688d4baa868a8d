"""The recipes of the documentation, taken out of its pages and run with real Slurm and MLflow."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from cesai_client.weights import read_directory
from compute.models import Allocation, Credential, Job
from dev import mlflow, places
from dev.slurm.site import CONTROL_USER
from registry.models import Model, Version
from tests import make
from tests.client.conftest import SOURCE
from tests.real.centre import Centre

FOLDER = places.ROOT / "docs" / "recipes"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def recipe(page: str, into: Path) -> set[str]:
    """Write the files of a recipe into a folder; their names."""
    found = dict(BLOCK.findall((FOLDER / f"{page}.md").read_text()))
    for name, text in found.items():
        (into / name).write_text(text)
    return set(found)


def program(folder: Path, name: str, line: str) -> None:
    """A command of that name, for the recipe's PATH."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
    path.chmod(0o755)


def variables(folder: Path, **more: str) -> Mapping[str, str]:
    """What a recipe finds in its environment: its own commands first, and none of ours."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", **mlflow.QUIET, **more}


@pytest.fixture
def allocation(centre: Centre) -> Allocation:
    """An hour of all GPUs, in force."""
    allocation = centre.award(8 * 3600)
    centre.sync()
    return allocation


def test_a_pipeline_registers_trains_logs_and_publishes(
    centre: Centre, allocation: Allocation, live_server: LiveServer, tmp_path: Path
) -> None:
    assert {"pipeline.sh", "plan.yaml", "train.sh", "log_version.py"} <= recipe(
        "ci-pipeline", tmp_path
    )
    assert recipe("training-script", centre.directory(allocation)) == {"train.py"}
    mlflow.ensure()
    program(tmp_path / "bin", "python", str(mlflow.PYTHON))
    program(tmp_path / "bin", "cesai", f"env PYTHONPATH={SOURCE} {sys.executable} -m cesai_client")
    project = allocation.project
    group = project.lead_group
    environment = variables(
        tmp_path,
        CESAI_URL=str(live_server.url),
        CESAI_TOKEN=make.make_token(project.created_by),
        GROUP=f"{group.partner.slug}/{group.slug}",
        PROJECT=project.slug,
        MODEL="letters",
        WEIGHTS="s3://weights/letters",
    )

    for turn in (1, 2):  # the second finds what the first registered
        running = subprocess.Popen(
            ["sh", "pipeline.sh"], cwd=tmp_path, text=True,
            env={**environment, "COMMIT": f"c0ffee{turn}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        centre.wait(lambda running=running: running.poll() is not None, within=120)  # type: ignore[misc]
        told, _ = running.communicate()

        assert running.returncode == 0, told
        assert f"letters version {turn} is registered" in told, told

    model = Model.objects.get(name="letters")
    assert model.project == project
    assert (model.parameters, model.languages) == (7_000_000_000, ["de"])
    assert "first draft of a discharge letter" in model.card
    version = Version.objects.get(model=model, number=2)
    assert version.aliases.get().name == "newest"
    assert list(Job.objects.values_list("state", "name")) == [("completed", "letters")] * 2
    assert (centre.directory(allocation) / "model.safetensors").stat().st_size > 500


def test_a_training_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
        recipe("training-script", folder)
    at_once = subprocess.run(
        [sys.executable, "train.py"], cwd=whole, check=True, capture_output=True, text=True
    )

    first = subprocess.Popen(
        [sys.executable, "train.py"], cwd=parts, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout
    begun = first.stdout.readline()
    first.send_signal(signal.SIGTERM)
    rest, _ = first.communicate()
    assert first.returncode == 75
    second = subprocess.run(
        [sys.executable, "train.py"], cwd=parts, check=True, capture_output=True, text=True
    )

    steps = [line for line in (begun + rest + second.stdout).splitlines() if "loss" in line]
    assert steps == [line for line in at_once.stdout.splitlines() if "loss" in line]
    weights = [(folder / "model.safetensors").read_bytes() for folder in (whole, parts)]
    assert weights[0] == weights[1]


def test_its_weights_are_read_by_the_command(tmp_path: Path) -> None:
    recipe("training-script", tmp_path)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True)

    [tensor] = read_directory(tmp_path)
    assert tensor["name"] == "bigram.weight"
    assert tensor["shape"][0] == tensor["shape"][1] > 10


def _deliver(
    centre: Centre, live_server: LiveServer, folder: Path, users: str
) -> subprocess.CompletedProcess[str]:
    recipe("site-credentials", folder)
    operator = make.make_operator(centre.cluster)
    (folder / "header").write_text(f"Authorization: Bearer {make.make_token(operator)}\n")
    (folder / "users").write_text(users)
    environment = variables(
        folder,
        CESAI_URL=str(live_server.url),
        CLUSTER=centre.cluster.slug,
        CESAI_DIRECTORY=str(folder),
    )
    path = f"{centre.real.commands}:{environment['PATH']}"
    return subprocess.run(
        ["sh", "cesai-tokens"], cwd=folder, env={**environment, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_site_delivers_tokens_that_jobs_run_with(
    centre: Centre, allocation: Allocation, live_server: LiveServer, tmp_path: Path
) -> None:
    Credential.objects.all().delete()

    done = _deliver(
        centre, live_server, tmp_path,
        f"# ours\n{CONTROL_USER} control\n\n{allocation.unix_user}\n",
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert Credential.objects.count() == 2
    job = centre.submit(allocation)
    centre.wait(lambda: Job.objects.filter(pk=job.pk, state="completed").exists())


def test_it_says_which_token_was_not_taken_and_delivers_the_others(
    centre: Centre, allocation: Allocation, live_server: LiveServer, tmp_path: Path
) -> None:
    Credential.objects.all().delete()

    done = _deliver(centre, live_server, tmp_path, f"nobody admin\n{allocation.unix_user}\n")

    assert done.returncode == 1
    assert "the token of nobody was not delivered" in done.stderr
    assert json.loads(done.stdout)["detail"]
    assert Credential.objects.get().unix_user == allocation.unix_user
