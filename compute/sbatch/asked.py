"""What a script asks for, with the line that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute.sbatch.arrays import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The `#SBATCH` lines of one script; None is what it does not ask for.

    Totals follow from what is asked: `tasks` from tasks per node, `gpus` from any spelling,
    `nodes` from `gpus` and `gpus_per_node` or from `tasks` and `tasks_per_node`. A number per
    node without a number of nodes counts for one node, as in sbatch. `gpus_per_node` stays None
    where only a total is asked: how many fit into a node the script does not say. Of an array,
    every number is that of one task.
    """

    job_name: str | None = None
    minutes: int | None = None
    nodes: int | None = None
    tasks: int | None = None
    tasks_per_node: int | None = None
    cpus_per_task: int | None = None
    memory_mb_per_node: int | None = None
    gpus_per_node: int | None = None
    gpus: int | None = None
    gpu_type: str | None = None
    account: str | None = None
    partition: str | None = None
    output: str | None = None
    error: str | None = None
    working_directory: str | None = None
    requeue: bool | None = None
    array: Array | None = None
    lines: Mapping[str, int] = field(default_factory=dict)  # by field, and gpus_per_task
    unread: tuple[int, ...] = ()  # lines that look like options and are none, for sbatch too
