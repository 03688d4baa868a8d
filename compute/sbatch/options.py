"""The options of sbatch: which are read, which change nothing, which are refused and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from compute.sbatch import values
from compute.sbatch.arrays import Array, read_array
from compute.sbatch.problems import BadValue, Code

Parser = Callable[[str], int | str | values.Gpus | Array]

# Long name → field of Asked, reader of the value.
READ: Mapping[str, tuple[str, Parser]] = {
    "job-name": ("job_name", values.name),
    "time": ("minutes", values.minutes),
    "nodes": ("nodes", values.nodes),
    "ntasks": ("tasks", values.count),
    "ntasks-per-node": ("tasks_per_node", values.count),
    "cpus-per-task": ("cpus_per_task", values.count),
    "mem": ("memory_mb_per_node", values.memory_mb),
    "gres": ("gpus_per_node", values.gres),
    "gpus-per-node": ("gpus_per_node", values.gpus),
    "gpus": ("gpus", values.gpus),
    "gpus-per-task": ("gpus_per_task", values.gpus),
    "account": ("account", values.name),
    "partition": ("partition", values.name),
    "output": ("output", values.path),
    "error": ("error", values.path),
    "chdir": ("working_directory", values.path),
    "array": ("array", read_array),
}

# Flags that are an answer by themselves.
REQUEUE: Mapping[str, bool] = {"requeue": True, "no-requeue": False}

# These change what the sbatch command prints or that it reads #PBS lines, never the job.
IGNORED = frozenset({"parsable", "verbose", "quiet", "ignore-pbs"})

_REFUSED_BY_REASON: Mapping[Code, str] = {
    Code.OTHER_USER: "uid gid",
    Code.ALLOCATION_DECIDES: "qos reservation licenses wckey priority nice clusters mcs-label",
    Code.ENVIRONMENT: "export export-file get-user-env propagate",
    Code.HELD_BY_PORTAL: "hold",
    Code.USED_BY_PORTAL: "comment",
    Code.MAIL: "mail-type mail-user",
    Code.START_CONDITION: "begin dependency deadline kill-on-invalid-dep immediate time-min",
    Code.PLACEMENT: (
        "nodelist nodefile exclude constraint prefer cluster-constraint batch contiguous switches"
        " distribution spread-job use-min-nodes delay-boot reboot"
    ),
    Code.WHOLE_NODES: "exclusive",
    Code.COMMAND_ONLY: "wait wait-all-nodes test-only wrap help usage version",
    Code.NOT_PASSED_ON: (
        "acctg-freq bb bbf container container-id core-spec cpu-freq extra gpu-bind gpu-freq"
        " gres-flags hint input mem-bind mincpus network no-kill open-mode overcommit"
        " oversubscribe share power profile signal thread-spec threads-per-core tmp"
        " sockets-per-node cores-per-socket extra-node-info ntasks-per-core ntasks-per-socket"
        " resv-ports segment stepmgr tres-bind oom-kill-step consolidate-segments"
    ),
}
REFUSED: Mapping[str, Code] = {
    name: code for code, names in _REFUSED_BY_REASON.items() for name in names.split()
}

# What says the same in a way that leaves no doubt how much is reserved.
INSTEAD: Mapping[str, str] = {
    "mem-per-cpu": "mem",
    "mem-per-gpu": "mem",
    "cpus-per-gpu": "cpus-per-task",
    "ntasks-per-gpu": "ntasks",
    "ntasks-per-tres": "ntasks",
    "gpus-per-socket": "gpus-per-node",
    "tres-per-job": "gpus",
    "tres-per-node": "gpus-per-node",
    "tres-per-socket": "gpus-per-node",
    "tres-per-task": "gpus-per-task",
    "workdir": "chdir",
}

_REFUSED_FLAGS = (
    "hold wait test-only contiguous overcommit share oversubscribe reboot spread-job use-min-nodes"
    " help usage version resv-ports stepmgr"
)
FLAGS = IGNORED | REQUEUE.keys() | set(_REFUSED_FLAGS.split())

# A value only after `=`.
OPTIONAL = frozenset({"exclusive", "nice", "no-kill", "get-user-env", "propagate", "immediate"})

SHORT: Mapping[str, str] = {
    "a": "array",
    "A": "account",
    "b": "begin",
    "B": "extra-node-info",
    "c": "cpus-per-task",
    "C": "constraint",
    "d": "dependency",
    "D": "chdir",
    "e": "error",
    "F": "nodefile",
    "G": "gpus",
    "h": "help",
    "H": "hold",
    "i": "input",
    "J": "job-name",
    "k": "no-kill",
    "L": "licenses",
    "m": "distribution",
    "M": "clusters",
    "n": "ntasks",
    "N": "nodes",
    "o": "output",
    "O": "overcommit",
    "p": "partition",
    "q": "qos",
    "Q": "quiet",
    "s": "oversubscribe",
    "S": "core-spec",
    "t": "time",
    "v": "verbose",
    "V": "version",
    "w": "nodelist",
    "W": "wait",
    "x": "exclude",
}

KNOWN = frozenset(READ) | FLAGS | REFUSED.keys() | INSTEAD.keys()


def refusal(name: str) -> BadValue | None:
    """Why an option is not taken whatever its value, or None for one that is read or ignored."""
    if name in READ or name in REQUEUE or name in IGNORED:
        return None
    if name in REFUSED:
        return BadValue(REFUSED[name])
    if name in INSTEAD:
        return BadValue(Code.USE_INSTEAD, instead=f"--{INSTEAD[name]}")
    # sbatch takes an abbreviation while its release has no second option that begins alike.
    meant = sorted(known for known in KNOWN if name and known.startswith(name))
    if meant:
        return BadValue(Code.ABBREVIATED_OPTION, names=_listed(meant))
    if similar := get_close_matches(name, sorted(READ), n=1, cutoff=0.7):
        return BadValue(Code.MISSPELT_OPTION, names=_listed(similar))
    return BadValue(Code.UNKNOWN_OPTION)


def _listed(names: list[str]) -> str:
    return ", ".join(f"--{name}" for name in names)
