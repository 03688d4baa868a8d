"""Reads a whole script: every line either counts or is named in the refusal."""

from __future__ import annotations

from compute.sbatch.arrays import Array
from compute.sbatch.asked import Asked
from compute.sbatch.line import Option, Trouble, read_line
from compute.sbatch.options import IGNORED, READ, REFUSED, REQUEUE
from compute.sbatch.problems import BadValue, Code, Problem, ScriptRefused
from compute.sbatch.text import check_text, directives, slurm_lines, unread_lines
from compute.sbatch.totals import Totals
from compute.sbatch.values import Gpus

# A mebibyte of nonsense gets an answer that can still be read, and soon.
MOST_PROBLEMS = 100

# Reasons after which the numbers are still complete, so that contradictions are real ones.
_NUMBERS_ARE_WHOLE = frozenset(REFUSED.values()) | {
    Code.BAD_TIME,
    Code.NO_TIME_LIMIT,
    Code.TIME_TOO_LONG,
    Code.BAD_TEXT,
    Code.BAD_ARRAY,
    Code.BAD_ARRAY_LIMIT,
    Code.ARRAY_TASK_TWICE,
    Code.ARRAY_TOO_LARGE,
    Code.ARRAY_INDEX_TOO_HIGH,
}


def read_script(text: str) -> Asked:
    """What the `#SBATCH` lines of a script ask for; raises ScriptRefused with every problem.

    Stricter than sbatch where sbatch guesses or drops: an option given twice with two values,
    an abbreviation, a value on the next line, fewer tasks than nodes.
    """
    check_text(text)
    reading = _Reading()
    for line in slurm_lines(text):
        reading.problems.append(Problem(line, "#SLURM", Code.WRONG_PREFIX))
    options = ((line, option) for line, rest in directives(text) for option in read_line(rest))
    for line, option in options:
        reading.take(line, option)
        if len(reading.problems) >= MOST_PROBLEMS:
            break
    if all(problem.code in _NUMBERS_ARE_WHOLE for problem in reading.problems):
        totals = Totals(reading.numbers, reading.written)
        totals.complete()
        reading.problems += totals.problems
    if reading.problems:
        raise ScriptRefused(reading.problems[:MOST_PROBLEMS])
    return reading.asked(unread_lines(text))


class _Reading:
    """What the lines read so far have said."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.requeue: bool | None = None
        self.array: Array | None = None
        self.written: dict[str, tuple[int, str]] = {}
        self.problems: list[Problem] = []

    def take(self, line: int, option: Option | Trouble) -> None:
        """Keep what an option says, or why it cannot be kept."""
        if isinstance(option, Trouble):
            self._refuse(line, option.written, option.reason)
        elif option.name not in IGNORED:
            try:
                self._keep(line, option)
            except BadValue as bad:
                self._refuse(line, option.written, bad)

    def asked(self, unread: tuple[int, ...]) -> Asked:
        """The answer."""
        numbers, texts = self.numbers.get, self.texts.get
        return Asked(
            job_name=texts("job_name"),
            minutes=numbers("minutes"),
            nodes=numbers("nodes"),
            tasks=numbers("tasks"),
            tasks_per_node=numbers("tasks_per_node"),
            cpus_per_task=numbers("cpus_per_task"),
            memory_mb_per_node=numbers("memory_mb_per_node"),
            gpus_per_node=numbers("gpus_per_node"),
            gpus=numbers("gpus"),
            gpu_type=texts("gpu_type"),
            account=texts("account"),
            partition=texts("partition"),
            output=texts("output"),
            error=texts("error"),
            working_directory=texts("working_directory"),
            requeue=self.requeue,
            array=self.array,
            lines={name: line for name, (line, _) in self.written.items()},
            unread=unread,
        )

    def _keep(self, line: int, option: Option) -> None:
        written = (line, option.written)
        if option.name in REQUEUE:
            self._unless_other("requeue", self.requeue, REQUEUE[option.name], written)
            self.requeue = REQUEUE[option.name]
            return
        name, parse = READ[option.name]
        value = parse(option.value or "")
        if isinstance(value, Array):
            self._unless_other(name, self.array, value, written)
            self.array = value
            return
        if isinstance(value, Gpus):
            if value.type:
                kind = self.texts.get("gpu_type")
                self._unless_other("gpu_type", kind, value.type, written)
                self.texts["gpu_type"] = value.type
            value = value.count
        if isinstance(value, int):
            self._unless_other(name, self.numbers.get(name), value, written)
            self.numbers[name] = value
        else:
            self._unless_other(name, self.texts.get(name), value, written)
            self.texts[name] = value

    def _unless_other(
        self, name: str, before: object, value: object, written: tuple[int, str]
    ) -> None:
        """sbatch takes the last of two values; whoever wrote both meant only one."""
        if before is not None and before != value:
            other_line, other = self.written[name]
            raise BadValue(Code.CONTRADICTS, other=other, other_line=str(other_line))
        self.written.setdefault(name, written)

    def _refuse(self, line: int, option: str, bad: BadValue) -> None:
        self.problems.append(Problem(line, option, bad.code, bad.values))
