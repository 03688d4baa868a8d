"""A small HPC centre: several real clusters with one accounting, in one directory."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from dev import processes, users
from dev.ports import Ports
from dev.slurm.accounting import Accounting
from dev.slurm.clusters import RealCluster
from dev.slurm.configuration import SLURM_USER, Shared
from dev.slurm.install import ensure
from dev.slurm.releases import OWN, Release

PARENT_ACCOUNT = "cesai"
CONTROL_USER = "cesai-control"


class SlurmSite:
    """Clusters of the given names; all their state lies in ``directory``.

    Making one unpacks the programs if need be; raises UnavailableError where they cannot be had.
    """

    def __init__(
        self,
        directory: Path,
        clusters: Sequence[str],
        say: Callable[[str], None] = print,
        *,
        release: Release = OWN,
    ) -> None:
        self.directory = directory
        programs = ensure(say, release)
        for name in ("pids", "logs"):
            (directory / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        self._ports = Ports(directory / "ports.json")
        shared = Shared(
            directory=directory,
            plugins=programs.plugins,
            hostname=socket.gethostname().partition(".")[0],
            accounting_port=self._ports["slurmdbd"],
        )
        self.clusters = [RealCluster(name, shared, programs, self._ports) for name in clusters]
        self._accounting = Accounting(shared, programs)

    @property
    def is_isolated(self) -> bool:
        """Whether slurmdbd, which listens on all addresses, was given a network of its own."""
        return self._accounting.is_isolated

    def start(self) -> None:
        """Start everything anew, ending first what an earlier run left; about 5 s.

        Jobs that still run after a crash of the daemons are found again. Raises NotReadyError
        when a daemon does not come up.
        """
        self._end_daemons()
        users.ensure_unix_user(SLURM_USER, self.directory / "home" / SLURM_USER)
        self._accounting.prepare()
        for cluster in self.clusters:
            cluster.prepare()
        self._accounting.start([cluster.controller_port for cluster in self.clusters])
        self._register_clusters()
        for cluster in self.clusters:
            cluster.launch_controller()
            cluster.launch_node()
        for cluster in self.clusters:
            cluster.wait_until_idle()

    def stop_accounting(self) -> None:
        """End slurmdbd, as for its maintenance; the clusters go on."""
        self._accounting.stop_slurmdbd()

    def start_accounting(self) -> None:
        """Start slurmdbd again and wait until it answers; raises NotReadyError."""
        self._accounting.start_slurmdbd([cluster.controller_port for cluster in self.clusters])
        processes.wait_until(
            self._accounting_answers,
            seconds=30,
            what=f"slurmdbd is silent; see {self.directory}/logs/slurmdbd.log",
        )

    def stop(self) -> None:
        """End everything; running jobs are cancelled, waiting ones wait for the next start."""
        for cluster in self.clusters:
            cluster.drain()
        self._end_daemons()

    def bootstrap(self) -> None:
        """What the centre does once for the portal: a parent account and its coordinator.

        The coordinator can make accounts below it and runs no jobs. Repeatable.
        """
        self.ensure_user(CONTROL_USER)
        names = ",".join(cluster.name for cluster in self.clusters)
        change = self.clusters[0].run
        if not change("sacctmgr", "-nP", "list", "account", PARENT_ACCOUNT).strip():
            change("sacctmgr", "-i", "add", "account", PARENT_ACCOUNT, f"cluster={names}")
        if not change("sacctmgr", "-nP", "list", "user", CONTROL_USER).strip():
            account = f"account={PARENT_ACCOUNT}"
            change("sacctmgr", "-i", "add", "user", CONTROL_USER, account, f"cluster={names}")
            change("sacctmgr", "-i", "add", "coordinator", account, f"name={CONTROL_USER}")

    def ensure_user(self, name: str) -> None:
        """A UNIX user at this centre, removed by ``remove`` if nobody else needs it."""
        users.ensure_unix_user(name, self.directory / "home" / name)

    def remove(self) -> None:
        """Stop, remove the UNIX users made for this site and all its state."""
        self.stop()
        for name, home in users.homes_below(self.directory):
            users.remove_unix_user(name, home)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end_daemons(self) -> None:
        for cluster in self.clusters:
            cluster.end_daemons()
        self._accounting.stop()

    def _register_clusters(self) -> None:
        """Make the clusters known to slurmdbd, which begins to answer a moment after its start."""
        run = self.clusters[0].run
        processes.wait_until(
            self._accounting_answers,
            seconds=30,
            what=f"slurmdbd is silent; see {self.directory}/logs/slurmdbd.log",
        )
        known = run("sacctmgr", "-nP", "list", "cluster", "format=cluster").split()
        for cluster in self.clusters:
            if cluster.name not in known:
                run("sacctmgr", "-i", "add", "cluster", cluster.name)

    def _accounting_answers(self) -> bool:
        try:
            self.clusters[0].run("sacctmgr", "-nP", "list", "cluster")
        except subprocess.CalledProcessError:
            return False
        return True
