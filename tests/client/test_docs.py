"""Every `$ …` line of docs/command-line.md does what it says, in the order of the page."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cesai_client import Client
from compute.models import Allocation, Job, Pool
from dev import places
from projects.models import Group, Partner, Project
from tests import make
from tests.client.conftest import Shell
from tests.client.test_fingerprint import FIRST
from tests.client.test_wait import move
from tests.conftest import Caller

PAGE = places.ROOT / "docs" / "command-line.md"
HEAD = "#!/bin/bash\n#SBATCH --gpus=1 --time=5\n"
CARD = "---\nlicense: apache-2.0\nlanguage: de\n---\n# Carded\n"
WITH_CODE = re.compile(r"(.*?)\s+# exit code (\d+)")


def _lines() -> list[tuple[str, int]]:
    """Each command of the page with its exit code."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    found = []
    for line in "".join(blocks).splitlines():
        assert line.startswith("$ "), line
        coded = WITH_CODE.fullmatch(line[2:])
        found.append((coded[1], int(coded[2])) if coded else (line[2:], 0))
    return found


@pytest.fixture
def portal(busy_portal: str) -> str:
    """A job ends while a line of the page waits for it."""
    return busy_portal


@pytest.fixture
def group(transactional_db: None) -> Group:
    """The group that the page speaks of."""
    partner = Partner.objects.create(name="Institute", slug="institute")
    return Group.objects.create(partner=partner, name="NLP", slug="nlp")


@pytest.fixture
def project(lead: Caller, group: Group) -> Project:
    return make.make_project(group, slug="demo")


def _script(url: str) -> str:
    """A shell that says the number and exit code of each line."""
    program = shlex.join([sys.executable, "-m", "cesai_client"])
    parts = [f'cesai() {{ {program} "$@"; }}']
    for n, (line, _code) in enumerate(_lines()):
        parts += [line.replace("https://portal.example", url), f'echo "@{n} $?"']
    return "\n".join(parts)


def _prepare(shell: Shell, lead: Caller) -> None:
    """The files that the page speaks of; the plan is the one that it shows."""
    [plan] = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    shell.write("plan.yaml", plan)
    shell.write("token", lead.token)
    shell.write("job.sh", f"{HEAD}true\n")
    shell.write("train.sh", f"{HEAD.replace('#SBATCH', '#SBATCH -J train')}true\n")
    shell.write("mail.sh", f"{HEAD}#SBATCH --mail-type=END\ntrue\n")
    shell.write("README.md", CARD)
    shell.write("weights/model.safetensors", FIRST)


def test_the_page_is_true(shell: Shell, lead: Caller, allocation: Allocation, pool: Pool) -> None:
    _prepare(shell, lead)
    with subprocess.Popen(
        ["bash", "-c", _script(shell.url)],
        cwd=shell.home,
        env=shell.variables(),
        stdout=subprocess.PIPE,
        stderr=(shell.home / "said").open("wb"),
        text=True,
    ) as process:
        assert process.stdout is not None
        _end_the_job_that_is_waited_for(process)
        told = process.stdout.read()

    codes = [(int(n), int(code)) for n, code in re.findall(r"^@(\d+) (\d+)$", told, re.MULTILINE)]
    expected = [code for _line, code in _lines()]
    wrong = [(_lines()[n][0], code) for n, code in codes if code != expected[n]]
    assert not wrong, (wrong, (shell.home / "said").read_text())
    assert len(codes) == len(expected) > 30


def _end_the_job_that_is_waited_for(process: subprocess.Popen[str]) -> None:
    """What the cluster does with it."""
    end = time.monotonic() + 240
    while not (job := Job.objects.filter(name="train").first()):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
    move(job, "sending", "known", "released", "running", "completed", exit_code=0)


def test_every_command_stands_on_the_page() -> None:
    from tests.client.test_command import EVERY  # noqa: PLC0415 (it reads every command)

    text = PAGE.read_text()
    groups = {"list", "show"}
    for path in EVERY:
        if path[-1] not in groups:
            assert f"cesai {' '.join(path)}" in text, path


def test_the_readme_leads_there() -> None:
    assert "docs/command-line.md" in (places.ROOT / "README.md").read_text()


def test_the_exit_codes_are_those_of_the_help(shell: Shell) -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    shown = " ".join(shell("--help").out.split())

    assert len(rows) == 8
    for code, meaning in rows:
        assert f"{code} {meaning.replace('`', '')}" in shown


def test_the_python_of_the_page_runs(
    client: Client, lead: Caller, shell: Shell, tmp_path: Path
) -> None:
    [text] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    text = f"token = {lead.token!r}\n{text.replace('https://portal.example', shell.url)}"
    program = [sys.executable, str(shell.write("page.py", text))]
    done = subprocess.run(
        program, env=shell.variables(), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
