"""Two real centres live side by side, on loopback alone, and run jobs as their users."""

from __future__ import annotations

import json
import pwd
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from dev import processes, users
from dev.slurm import RealCluster, SlurmSite
from tests.dev.conftest import needs_root

pytestmark = [needs_root, pytest.mark.real_slurm]
USER = "cesai-test-dev"
Sites = tuple[SlurmSite, SlurmSite]


def call(cluster: RealCluster, path: str, body: object = None) -> Any:
    request = urllib.request.Request(
        f"{cluster.url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "X-SLURM-USER-NAME": USER,
            "X-SLURM-USER-TOKEN": cluster.token(USER),
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def admit_user(site: SlurmSite) -> Path:
    """What the staff do for a project: user, working directory and account."""
    cluster = site.clusters[0]
    site.ensure_user(USER)
    directory = Path(cluster.project_directory.format(unix_user=USER))
    users.own_directory(directory, USER)
    if not cluster.run("sacctmgr", "-nP", "list", "user", USER).strip():
        cluster.run("sacctmgr", "-i", "add", "account", "dev", "parent=cesai")
        cluster.run("sacctmgr", "-i", "add", "user", USER, "account=dev")
    return directory


def submit(cluster: RealCluster, directory: Path, script: str) -> int:
    job = {
        "name": "cesai-dev",
        "account": "dev",
        "partition": cluster.partition,
        "current_working_directory": str(directory),
        "environment": {"PATH": f"/usr/bin:/bin:{cluster.commands}"},
        "gres": "gpu:1",
    }
    answer = call(cluster, "/slurm/v0.0.38/job/submit", {"script": script, "job": job})
    return int(answer["job_id"])


def wait_for_record(cluster: RealCluster, job_id: int) -> Any:
    """The job's row in slurmdbd once it has ended."""

    def ended() -> bool:
        found = call(cluster, f"/slurmdb/v0.0.38/job/{job_id}")["jobs"]
        return bool(found) and found[0]["time"]["end"] > 0

    processes.wait_until(ended, seconds=20, every=0.2, what="no record")
    return call(cluster, f"/slurmdb/v0.0.38/job/{job_id}")["jobs"][0]


def test_a_job_runs_as_its_user_with_a_gpu_and_is_accounted(two_sites: Sites) -> None:
    cluster = two_sites[0].clusters[0]
    directory = admit_user(two_sites[0])
    job_id = submit(cluster, directory, "#!/bin/sh\nid -un\n")
    record = wait_for_record(cluster, job_id)
    allocated = {
        tres["name"] or tres["type"]: tres["count"] for tres in record["tres"]["allocated"]
    }
    assert (record["state"]["current"], allocated["gpu"]) == ("COMPLETED", 1)
    assert (directory / f"slurm-{job_id}.out").read_text().strip() == USER


def test_a_job_cannot_make_itself_a_token(two_sites: Sites) -> None:
    cluster = two_sites[0].clusters[0]
    directory = admit_user(two_sites[0])
    job_id = submit(cluster, directory, "#!/bin/sh\nscontrol token 2>&1\n")
    wait_for_record(cluster, job_id)
    assert "SLURM_JWT" not in (directory / f"slurm-{job_id}.out").read_text()


def test_the_sites_share_neither_ports_nor_tokens(two_sites: Sites) -> None:
    first, second = (site.clusters[0] for site in two_sites)
    assert first.url != second.url
    assert accepts(second, second.token("root"))
    with pytest.raises(urllib.error.HTTPError):
        accepts(second, first.token("root"))


def accepts(cluster: RealCluster, token: str) -> bool:
    headers = {"X-SLURM-USER-NAME": "root", "X-SLURM-USER-TOKEN": token}
    request = urllib.request.Request(f"{cluster.url}/slurm/v0.0.38/jobs", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return not json.load(answer)["errors"]


def test_only_loopback_is_listened_on_unless_it_is_said(two_sites: Sites) -> None:
    for site in two_sites:
        ports = json.loads((site.directory / "ports.json").read_text())
        exposed = {name for name, port in ports.items() if port in listening_beyond_loopback()}
        assert exposed == (set() if site.is_isolated else {"slurmdbd"})


def listening_beyond_loopback() -> set[int]:
    lines = [line for name in ("tcp", "tcp6") for line in _lines(Path("/proc/net") / name)]
    sockets = [line.split()[1:4] for line in lines if " 0A " in line]
    return {int(local.split(":")[1], 16) for local, _, _ in sockets if local[:8] != "0100007F"}


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_paused_controller_answers_after_it_is_resumed(two_sites: Sites) -> None:
    cluster = two_sites[0].clusters[0]
    cluster.pause()
    with subprocess.Popen([cluster.commands / "squeue"], stdout=subprocess.DEVNULL) as asking:
        time.sleep(0.5)
        assert asking.poll() is None
        cluster.resume()
        assert asking.wait(timeout=20) == 0


def test_a_restart_keeps_addresses_records_and_job_ids(two_sites: Sites) -> None:
    site = two_sites[0]
    directory = admit_user(site)
    before = submit(site.clusters[0], directory, "#!/bin/sh\n")
    wait_for_record(site.clusters[0], before)
    site.stop()
    again = SlurmSite(site.directory, ["north"])
    again.start()
    assert again.clusters[0].url == site.clusters[0].url
    assert wait_for_record(again.clusters[0], before)["job_id"] == before
    assert submit(again.clusters[0], directory, "#!/bin/sh\n") == before + 1


def test_stopping_a_site_leaves_no_job_running(two_sites: Sites) -> None:
    site = two_sites[1]
    directory = admit_user(site)
    submit(site.clusters[0], directory, "#!/bin/sh\necho $$ > new && mv new pid\nsleep 600\n")
    processes.wait_until((directory / "pid").exists, seconds=20, what="not started")
    processes.record(site.directory / "job", int((directory / "pid").read_text()))
    site.stop()
    assert not processes.is_alive(site.directory / "job")


def test_a_user_stays_while_another_site_needs_it(open_directory: Path) -> None:
    name, homes = "cesai-test-shared", (open_directory / "a", open_directory / "b")
    for home in homes:
        users.ensure_unix_user(name, home)
    users.remove_unix_user(name, homes[0])
    assert pwd.getpwnam(name)
    users.remove_unix_user(name, homes[1])
    assert name not in {account.pw_name for account in pwd.getpwall()}
