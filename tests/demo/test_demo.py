"""`make demo` as a newcomer finds it: the main job on two real clusters, through the API alone."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dev.demo import layout
from tests.demo.by_hand import Person
from tests.demo.conftest import run_demo
from tests.demo.journey import Journey, wait

pytestmark = [
    pytest.mark.real_slurm,
    pytest.mark.skipif(os.geteuid() != 0, reason="real clusters run jobs as several UNIX users"),
]


def _recorded(journey: Journey) -> int:
    """GPU-seconds of the job as the cluster's own accounting command tells them."""
    sacct = Path(layout.data()) / "slurm" / journey.cluster / "bin" / "sacct"
    fields = ("-X", "-n", "-P", "--format=ElapsedRaw,AllocTRES")
    job = str(journey.job["slurm_job_id"])
    line = subprocess.run(
        [sacct, "-j", job, *fields], capture_output=True, text=True, check=True
    ).stdout.strip()
    elapsed, allocated = line.split("|")
    gpus = dict(part.split("=") for part in allocated.split(","))["gres/gpu"]
    return int(elapsed) * int(gpus)


def test_it_is_ready_and_its_clusters_are_real(demo: dict[str, Any]) -> None:
    with urllib.request.urlopen(f"{demo['url']}/readyz", timeout=10) as answer:
        assert answer.status == 200
    assert [cluster["real"] for cluster in demo["clusters"]] == [True, True]
    assert layout.READOUT.stat().st_mode & 0o777 == 0o600


def test_the_job_ran_on_the_cluster_under_its_own_name(journeys: list[Journey]) -> None:
    assert [journey.job["state"] for journey in journeys] == ["completed", "completed"]
    assert [journey.job["exit_code"] for journey in journeys] == [0, 0]
    output = Path(journeys[0].job["log_path"]).read_text()
    assert output.rstrip().endswith("as cesai-demo")


def test_what_is_booked_is_what_the_cluster_accounts(journeys: list[Journey]) -> None:
    for journey in journeys:
        assert journey.job["used_gpu_seconds"] == _recorded(journey) > 0


def test_the_limit_was_read_back_from_the_cluster(journeys: list[Journey]) -> None:
    for journey in journeys:
        assert journey.limit["observed_gpu_minutes"] == 3600
        assert journey.limit["verified_at"] is not None


def test_what_was_reserved_and_not_used_is_returned(journeys: list[Journey]) -> None:
    for journey in journeys:
        path = f"allocations/{journey.allocation['id']}/"
        balance = journey.api["lead"].get(path)["balance"]
        used = journey.job["used_gpu_seconds"]
        assert balance["reserved"] == 0
        assert (balance["used"], balance["available"]) == (used, 216_000 - used)


def test_a_stranger_finds_none_of_it(journeys: list[Journey]) -> None:
    for journey in journeys:
        statuses = {path: journey.api["stranger"].status(path) for path in journey.private_paths()}
        assert set(statuses.values()) == {404}, statuses


def test_the_same_goes_by_hand_in_a_browser(demo: dict[str, Any], chromium: Browser) -> None:
    page = chromium.new_page(base_url=demo["url"], locale="en-GB")
    person = Person(page)
    assert "/jobs/" in person.walk(demo["clusters"][0]["slug"])
    assert person.trouble == []
    page.close()


def test_the_command_for_the_sites_staff_runs_unchanged(journeys: list[Journey]) -> None:
    journey, operator = journeys[0], journeys[0].api["operator"]
    operator.call("PATCH", f"clusters/{journey.cluster}/", {"limit_mode": "verify"})
    lead, request = journey.api["lead"], journey.ask()
    limit = f"limits/{journey.award(request)['limit']}/"
    wait("needs_operator", lambda: lead.get(limit)["state"] == "needs_operator", 60)
    subprocess.run(lead.get(limit)["command"], shell=True, check=True, capture_output=True)
    wait("in force", lambda: lead.get(limit)["state"] == "in_force", 60)
    operator.call("PATCH", f"clusters/{journey.cluster}/", {"limit_mode": "apply"})


def test_nothing_listens_outside_loopback(journeys: list[Journey]) -> None:
    listed = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    ours = ("slurm", "gunicorn", "celery", "postgres", "redis", "mariadb", "munge")
    lines = [line for line in listed.splitlines() if any(name in line for name in ours)]
    outside = [line for line in lines if not line.split()[3].startswith(("127.", "[::1]"))]
    assert lines
    assert not outside


def test_starting_again_keeps_the_data(journeys: list[Journey]) -> None:
    assert run_demo("stop").returncode == 0
    started = run_demo("start", "--detach")
    assert started.returncode == 0, started.stderr
    for journey in journeys:
        assert journey.api["lead"].get(f"jobs/{journey.job['id']}/") == journey.job
