"""How nodes, tasks and GPUs follow from each other, and where they contradict."""

from __future__ import annotations

from collections.abc import MutableMapping

from compute.sbatch.problems import Code, Problem
from compute.sbatch.values import LARGEST_COUNT


class Totals:
    """Completes the numbers a script asks for; `problems` says what does not go together.

    The rules are sbatch's, whichever of the spellings are mixed: tasks = GPUs ÷ GPUs per task,
    nodes = tasks ÷ tasks per node (rounded up) or GPUs ÷ GPUs per node, and one node otherwise.
    """

    def __init__(
        self, numbers: MutableMapping[str, int], written: MutableMapping[str, tuple[int, str]]
    ) -> None:
        self.numbers = numbers
        self.written = written
        self.problems: list[Problem] = []

    def complete(self) -> None:
        """Add what follows to numbers and written, in an order in which each step can use more."""
        self._tasks_from_gpus()
        self._nodes_from_tasks()
        self._nodes_from_gpus()
        self._tasks_from_nodes()
        self._gpus_from_tasks()
        self._nodes_from_gpus()
        self._gpus_from_nodes()
        self._gpus_per_node()
        self._check_tasks()
        self._check_sizes()

    def _tasks_from_gpus(self) -> None:
        per_task, gpus = self._get("gpus_per_task"), self._get("gpus")
        if per_task and gpus and "tasks" not in self.numbers:
            if gpus % per_task:
                self._refuse("gpus_per_task", Code.GPUS_UNEVEN, "gpus")
            else:
                self._derive("tasks", gpus // per_task, "gpus_per_task")

    def _nodes_from_tasks(self) -> None:
        tasks, per_node = self._get("tasks"), self._get("tasks_per_node")
        if tasks and per_node:
            self._derive("nodes", -(-tasks // per_node), "tasks_per_node")

    def _nodes_from_gpus(self) -> None:
        gpus, per_node = self._get("gpus"), self._get("gpus_per_node")
        if gpus and per_node and gpus % per_node == 0:
            self._derive("nodes", gpus // per_node, "gpus_per_node")

    def _tasks_from_nodes(self) -> None:
        if per_node := self._get("tasks_per_node"):
            self._derive("tasks", self._nodes() * per_node, "tasks_per_node")

    def _gpus_from_tasks(self) -> None:
        per_task, tasks = self._get("gpus_per_task"), self._get("tasks")
        if not per_task:
            return
        if tasks:
            self._agree(per_task * tasks, "gpus_per_task")
        elif "gpus" not in self.numbers:
            self._refuse("gpus_per_task", Code.GPUS_WITHOUT_TASKS)

    def _gpus_from_nodes(self) -> None:
        if per_node := self._get("gpus_per_node"):
            self._agree(self._nodes() * per_node, "gpus_per_node")

    def _gpus_per_node(self) -> None:
        gpus, nodes = self._get("gpus"), self._get("nodes")
        if not gpus or not nodes or "gpus_per_node" in self.numbers:
            return
        if gpus % nodes:
            self._refuse("gpus", Code.GPUS_UNEVEN, "nodes")
        else:
            self._derive("gpus_per_node", gpus // nodes, "gpus")

    def _check_tasks(self) -> None:
        tasks, nodes = self._get("tasks"), self._get("nodes")
        if not tasks or not nodes:
            return
        if tasks < nodes:
            self._refuse("tasks", Code.TOO_FEW_TASKS, "nodes")
        if tasks > nodes * (self._get("tasks_per_node") or tasks):
            self._refuse("tasks", Code.TOO_MANY_TASKS, "tasks_per_node")

    def _check_sizes(self) -> None:
        for name in ("nodes", "tasks", "gpus"):
            if (self._get(name) or 0) > LARGEST_COUNT:
                line, option = self.written[name]
                limit = {"high": str(LARGEST_COUNT)}
                self.problems.append(Problem(line, option, Code.OUT_OF_RANGE, limit))

    def _agree(self, gpus: int, source: str) -> None:
        if self.numbers.get("gpus", gpus) != gpus:
            self._refuse(source, Code.GPUS_CONTRADICT, "gpus", this=gpus)
        else:
            self._derive("gpus", gpus, source)

    def _derive(self, name: str, value: int, source: str) -> None:
        if name not in self.numbers:
            self.numbers[name] = value
            self.written[name] = self.written[source]

    def _refuse(self, name: str, code: Code, other: str = "", this: int | None = None) -> None:
        """At most one reason: the others would follow from the first."""
        if self.problems:
            return
        line, option = self.written[name]
        values = {"this": str(self.numbers[name] if this is None else this)}
        if other:
            other_line, other_option = self.written[other]
            values |= {"other": other_option, "other_line": str(other_line)}
            values["that"] = str(self.numbers[other])
        self.problems.append(Problem(line, option, code, values))

    def _get(self, name: str) -> int | None:
        return self.numbers.get(name)

    def _nodes(self) -> int:
        return self.numbers.get("nodes", 1)
