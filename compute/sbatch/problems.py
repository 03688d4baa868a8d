"""Why a script is not accepted, each reason with its line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class Code(Enum):
    """Every reason to refuse; the sentences for people live with the models."""

    # The script as a text; values: character.
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NO_SHEBANG = "no_shebang"
    DOS_LINE_ENDS = "dos_line_ends"
    CONTROL_CHARACTER = "control_character"

    # A line that cannot be taken apart; values: names (of options).
    WRONG_PREFIX = "wrong_prefix"
    UNCLOSED_QUOTE = "unclosed_quote"
    LOOSE_BACKSLASH = "loose_backslash"
    BARE_WORD = "bare_word"
    UNKNOWN_OPTION = "unknown_option"
    MISSPELT_OPTION = "misspelt_option"
    ABBREVIATED_OPTION = "abbreviated_option"
    VALUE_MISSING = "value_missing"
    VALUE_UNEXPECTED = "value_unexpected"

    # Options that sbatch knows and the portal does not pass on; values: instead (an option).
    SEVERAL_JOBS = "several_jobs"
    OTHER_USER = "other_user"
    ALLOCATION_DECIDES = "allocation_decides"
    ENVIRONMENT = "environment"
    HELD_BY_PORTAL = "held_by_portal"
    USED_BY_PORTAL = "used_by_portal"
    MAIL = "mail"
    START_CONDITION = "start_condition"
    PLACEMENT = "placement"
    WHOLE_NODES = "whole_nodes"
    COMMAND_ONLY = "command_only"
    USE_INSTEAD = "use_instead"
    NOT_PASSED_ON = "not_passed_on"

    # Values that cannot be taken; values: high.
    BAD_TIME = "bad_time"
    TIME_TOO_LONG = "time_too_long"
    NO_TIME_LIMIT = "no_time_limit"
    BAD_NUMBER = "bad_number"
    OUT_OF_RANGE = "out_of_range"
    NODE_RANGE = "node_range"
    BAD_MEMORY = "bad_memory"
    ALL_MEMORY = "all_memory"
    BAD_GPUS = "bad_gpus"
    OTHER_GRES = "other_gres"
    SEVERAL_GPU_TYPES = "several_gpu_types"
    BAD_TEXT = "bad_text"

    # Arrays; values: high, this (the task's index).
    BAD_ARRAY = "bad_array"
    BAD_ARRAY_LIMIT = "bad_array_limit"
    ARRAY_TASK_TWICE = "array_task_twice"
    ARRAY_TOO_LARGE = "array_too_large"
    ARRAY_INDEX_TOO_HIGH = "array_index_too_high"

    # Options that do not go together; values: other (the other option), other_line,
    # this and that (the two numbers).
    CONTRADICTS = "contradicts"
    GPUS_CONTRADICT = "gpus_contradict"
    GPUS_UNEVEN = "gpus_uneven"
    GPUS_WITHOUT_TASKS = "gpus_without_tasks"
    TOO_FEW_TASKS = "too_few_tasks"
    TOO_MANY_TASKS = "too_many_tasks"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason: its line (from 1), the option as it was written, what the sentence names."""

    line: int
    option: str
    code: Code
    values: dict[str, str] = field(default_factory=dict)


class ScriptRefused(Exception):
    """Everything that stands against a script, in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__(", ".join(f"line {p.line}: {p.code.value}" for p in self.problems))


class BadValue(ValueError):
    """A value that cannot be taken; the reader adds the line and the option."""

    def __init__(self, code: Code, **values: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.values = values
