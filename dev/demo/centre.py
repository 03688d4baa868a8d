"""The centre behind the demonstration's clusters: real ones, or simulated where they cannot be."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import jwt

from dev import places, processes, users
from dev.demo import layout
from dev.ports import Ports
from dev.slurm import RealCluster, SlurmSite, UnavailableError
from dev.slurm.site import CONTROL_USER, PARENT_ACCOUNT

NAMES = ("north", "south")
# The simulated clusters speak one old and one new version of the protocol.
WIRES = {"north": ("v0.0.38", "22.05.8"), "south": ("v0.0.42", "24.11.5")}


class Centre(Protocol):
    """What the demonstration and the centre's staff do with either kind."""

    is_real: bool

    @property
    def clusters(self) -> Sequence[Cluster]: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def remove(self) -> None: ...
    def notes(self) -> list[str]: ...
    def look_after(self) -> None: ...
    def prepare_user(self, cluster: Cluster, name: str) -> None: ...


class Cluster(Protocol):
    """What both kinds of cluster tell about themselves."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def slurm_version(self) -> str: ...
    @property
    def project_directory(self) -> str: ...
    @property
    def sacctmgr(self) -> str: ...
    def token(self, user: str, seconds: int = 3600) -> str: ...


class RealCentre:
    """Real Slurm; jobs run as UNIX users that are made here and removed with it."""

    is_real = True

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self._site = SlurmSite(layout.data() / "slurm", NAMES, say)

    @property
    def clusters(self) -> Sequence[RealCluster]:
        return self._site.clusters

    def start(self) -> None:
        self._site.start()
        self._site.bootstrap()

    def stop(self) -> None:
        self._site.stop()

    def remove(self) -> None:
        self._site.remove()

    def notes(self) -> list[str]:
        """What the person at the screen should know."""
        commands = [f"Slurm's commands for {c.name}: {c.commands}" for c in self.clusters]
        if self._site.is_isolated:
            return commands
        return [*commands, "slurmdbd listens on all addresses: no network namespace here"]

    def look_after(self) -> None:
        """Restart what crashed, as the centre's service manager would."""
        for cluster in self.clusters:
            cluster.revive_rest()

    def prepare_user(self, cluster: Cluster, name: str) -> None:
        """The UNIX user and its working directory on the cluster."""
        self._site.ensure_user(name)
        users.own_directory(Path(cluster.project_directory.format(unix_user=name)), name)


class SimulatedCentre:
    """Simulated clusters, each a process; nothing runs and no UNIX user is needed."""

    is_real = False

    def __init__(self, reason: str) -> None:
        self._reason = reason
        directory = layout.data() / "simulated"
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        ports = Ports(directory / "ports.json")
        self.clusters = [SimulatedCluster(name, directory, ports[name]) for name in NAMES]

    def start(self) -> None:
        for cluster in self.clusters:
            cluster.start()

    def stop(self) -> None:
        for cluster in self.clusters:
            processes.stop(cluster.pid_file)

    def remove(self) -> None:
        self.stop()

    def notes(self) -> list[str]:
        """What the person at the screen should know."""
        return [f"The clusters are simulated: {self._reason}"]

    def look_after(self) -> None:
        """Nothing crashes by itself here."""

    def prepare_user(self, cluster: Cluster, name: str) -> None:
        """A simulated cluster takes every user."""


class SimulatedCluster:
    """One simulated slurmrestd."""

    sacctmgr = "sacctmgr"

    def __init__(self, name: str, directory: Path, port: int) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.wire, self.slurm_version = WIRES[name]
        self.project_directory = f"{directory}/{name}/{{unix_user}}"
        self.pid_file = layout.PIDS / f"simulator.{name}"
        self._port = port
        self._state = directory / f"{name}.json"
        self._log = layout.LOGS / f"simulator.{name}.log"

    def start(self) -> None:
        """Start and wait until it listens; raises NotReadyError after 15 s."""
        processes.stop(self.pid_file)
        processes.start(
            [
                *(sys.executable, "-m", "dev.simulator", "--port", str(self._port)),
                *("--name", self.name, "--wire", self.wire),
                *("--slurm-version", self.slurm_version, "--state", self._state),
            ],
            pid_file=self.pid_file,
            log=self._log,
            cwd=places.ROOT,
        )
        processes.wait_until(
            self._listens, seconds=15, what=f"The simulator is silent; see {self._log}"
        )

    def token(self, user: str, seconds: int = 3600) -> str:
        """A token in Slurm's form; the simulator reads its user and expiry."""
        now = int(time.time())
        claims = {"exp": now + seconds, "iat": now, "sun": user}
        return jwt.encode(claims, f"the simulated cluster {self.name} trusts all", "HS256")

    def _listens(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=2).close()  # noqa: S310 (our own http)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


def open_centre(say: Callable[[str], None] = print) -> Centre:
    """The centre of the kind that the data were made with; a new one is real if possible.

    Raises UnavailableError when the data need real clusters that cannot be had now.
    """
    known = layout.clusters_file()
    made_real = json.loads(known.read_text())[0]["real"] if known.exists() else None
    if made_real is False:
        return SimulatedCentre("this demonstration's data were made so")
    if made_real is None and os.environ.get("CESAI_DEMO_SIMULATED") == "1":
        return SimulatedCentre("CESAI_DEMO_SIMULATED=1 asks for it")
    try:
        return RealCentre(say)
    except UnavailableError as error:
        if made_real:
            raise
        return SimulatedCentre(str(error))


def describe(centre: Centre) -> None:
    """Write the file that ``load_demo`` reads."""
    rows = [
        {
            "slug": cluster.name,
            "name": cluster.name.capitalize(),
            "url": cluster.url,
            "real": centre.is_real,
            "slurm": cluster.slurm_version,
            "slurm_cluster": cluster.name,
            "partition": RealCluster.partition,
            "gpus": RealCluster.gpus,
            "parent_account": PARENT_ACCOUNT,
            "control_user": CONTROL_USER,
            "project_directory": cluster.project_directory,
            "sacctmgr": cluster.sacctmgr,
        }
        for cluster in centre.clusters
    ]
    layout.clusters_file().write_text(json.dumps(rows, indent=1))
