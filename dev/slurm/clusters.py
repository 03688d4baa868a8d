"""One real Slurm cluster: its daemons, its REST address and its administrators' commands."""

from __future__ import annotations

import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import jwt

from dev import processes
from dev.ports import Ports
from dev.slurm import configuration
from dev.slurm.configuration import GPUS, PARTITION, REST_USER, SLURM_USER, Shared
from dev.slurm.programs import CLIENTS, Programs
from dev.users import own_directory


class RealCluster:
    """A cluster of one node with eight pretended GPUs; its daemons are started by the site."""

    partition = PARTITION
    gpus = GPUS

    def __init__(self, name: str, shared: Shared, programs: Programs, ports: Ports) -> None:
        self.name = name
        self.directory = shared.directory / name
        self.controller_port = ports[f"{name}.slurmctld"]
        self.url = f"http://127.0.0.1:{ports[f'{name}.slurmrestd']}"
        self._node_port = ports[f"{name}.slurmd"]
        self._shared = shared
        self._programs = programs

    @property
    def slurm_version(self) -> str:
        """For example ``22.05.8``."""
        return self._programs.slurm_version

    @property
    def project_directory(self) -> str:
        """The pattern of a project's working directory."""
        return f"{self.directory}/projects/{{unix_user}}"

    @property
    def commands(self) -> Path:
        """The folder with squeue, sacctmgr and so on, set up for this cluster."""
        return self.directory / "bin"

    @property
    def sacctmgr(self) -> str:
        """How the centre's staff call sacctmgr for this cluster."""
        return str(self.commands / "sacctmgr")

    def token(self, user: str, seconds: int = 3600) -> str:
        """A token such as ``scontrol token`` gives root, made also while slurmctld is down.

        A negative lifetime gives one that expired already.
        """
        now = int(time.time())
        key = self._shared.jwt_key.read_bytes()
        return jwt.encode({"exp": now + seconds, "iat": now, "sun": user}, key, "HS256")

    def run(self, command: str, *arguments: str) -> str:
        """What the Slurm command prints when root runs it; raises CalledProcessError."""
        return subprocess.run(
            [self.commands / command, *arguments], check=True, capture_output=True, text=True
        ).stdout

    def pause(self) -> None:
        """Freeze slurmctld: requests are taken by the kernel and wait."""
        processes.send(self._pid_file("slurmctld"), signal.SIGSTOP)

    def resume(self) -> None:
        """Let slurmctld go on."""
        processes.send(self._pid_file("slurmctld"), signal.SIGCONT)

    def stop_controller(self) -> None:
        """End slurmctld, which saves its state."""
        processes.stop(self._pid_file("slurmctld"), seconds=20)

    def start_controller(self) -> None:
        """Start slurmctld and wait until it schedules; raises NotReadyError after 30 s."""
        self.launch_controller()
        self.wait_until_idle()

    def kill_rest(self) -> None:
        """End slurmrestd at once, with whatever calls it is serving."""
        processes.send(self._pid_file("slurmrestd"), signal.SIGKILL)

    def prepare(self) -> None:
        """Write configuration, commands and pretended devices; repeatable."""
        for name in ("spool", "projects", "bin"):
            (self.directory / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        own_directory(self.directory / "state", SLURM_USER)
        text = self._shared.slurm_conf(
            self.name, self.directory, controller=self.controller_port, node=self._node_port
        )
        (self.directory / "slurm.conf").write_text(text)
        if self.slurm_version >= "24":  # 22.05 does not know the word, and need not
            (self.directory / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
        (self.directory / "gres.conf").write_text(configuration.gres_conf(self.directory))
        for number in range(GPUS):
            device = self.directory / f"gpu{number}"
            if not device.is_symlink():
                device.symlink_to("/dev/null")
        for command in CLIENTS:
            self._write_command(command)

    def launch_controller(self) -> None:
        """Start slurmctld without waiting."""
        self._start("slurmctld", "-D")

    def launch_node(self) -> None:
        """Start slurmd and slurmrestd without waiting."""
        stepd = str(self._programs.path("slurmstepd"))
        self._start("slurmd", "-D", "-N", f"{self.name}1", "-d", stepd)
        self.revive_rest()

    def revive_rest(self) -> None:
        """Start slurmrestd if it does not run: some requests crash it, as init would notice."""
        if not processes.is_alive(self._pid_file("slurmrestd")):
            address = self.url.removeprefix("http://")
            # Without SLURM_JWT=daemon the server refuses every call with 401.
            self._start(
                "slurmrestd", "-a", "rest_auth/jwt", address, user=REST_USER, SLURM_JWT="daemon"
            )

    def wait_until_idle(self) -> None:
        """Wait until the node is registered and REST is reachable; raises NotReadyError."""
        processes.wait_until(
            lambda: self._node_is_up() and _answers(self.url),
            seconds=30,
            every=0.2,
            what=f"The cluster {self.name} is not up; see {self._log('slurmctld')}",
        )

    def drain(self) -> None:
        """Cancel what runs, as staff do before a shutdown, and end steps that go on anyway."""
        self.resume()
        if processes.is_alive(self._pid_file("slurmctld")):
            self._cancel_running()
        mark = f"SLURM_CONF={self.directory}/slurm.conf".encode()
        for step in _steps(mark):
            processes.kill_tree(step)

    def end_daemons(self) -> None:
        """End all daemons; a running job goes on and is found again by the next slurmd."""
        for name in ("slurmrestd", "slurmd", "slurmctld"):
            processes.stop(self._pid_file(name), seconds=20)

    def _cancel_running(self) -> None:
        try:
            self.run("scancel", "--state=RUNNING", "--full", "--quiet")
            processes.wait_until(
                lambda: not self.run("squeue", "-h", "-t", "RUNNING,COMPLETING").strip(),
                seconds=15,
                every=0.2,
                what=f"Jobs on {self.name} go on",
            )
        except (subprocess.CalledProcessError, processes.NotReadyError):
            pass  # whatever is left is ended with its step

    def _node_is_up(self) -> bool:
        try:
            return self.run("sinfo", "-h", "-p", PARTITION, "-o", "%T").strip() in _USABLE
        except subprocess.CalledProcessError:
            return False

    def _start(self, name: str, *options: str, user: str = "", **extra: str) -> None:
        processes.start(
            self._programs.command(name, *options, user=user),
            pid_file=self._pid_file(name),
            log=self._log(name),
            env={**self._programs.environment, **self._variables(), **extra},
            cwd=Path("/"),
        )

    def _write_command(self, name: str) -> None:
        """A command that works from any shell, so that staff can act by hand."""
        lines = [f"export {key}='{value}'" for key, value in self._variables().items()]
        script = self.commands / name
        program = shlex.join(self._programs.command(name))
        script.write_text("\n".join(["#!/bin/sh", *lines, f'exec {program} "$@"', ""]))
        script.chmod(0o755)

    def _variables(self) -> dict[str, str]:
        return {**self._programs.variables, "SLURM_CONF": str(self.directory / "slurm.conf")}

    def _pid_file(self, name: str) -> Path:
        return self._shared.directory / "pids" / f"{self.name}.{name}"

    def _log(self, name: str) -> Path:
        return self._shared.directory / "logs" / f"{self.name}.{name}.log"


_USABLE = ("idle", "mixed", "allocated")


def _steps(mark: bytes) -> list[int]:
    """Pids of the slurmstepd processes in whose environment the mark stands."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_step = "slurmstepd" in (process / "exe").readlink().name
            if is_step and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:  # it ended while we looked
            continue
    return found


def _answers(url: str) -> bool:
    """Whether slurmrestd speaks HTTP there; without a token it refuses every call."""
    try:
        urllib.request.urlopen(f"{url}/openapi", timeout=2).close()  # noqa: S310 (our own http)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
