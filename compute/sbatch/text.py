"""A script as a text: whether it is one, and which of its lines sbatch reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compute.sbatch.problems import Code, Problem, ScriptRefused

MAGIC = "#SBATCH"
LARGEST_BYTES = 1024 * 1024

_SHEBANG = re.compile(r"#![ \t]*/[^ \t]")
# C0 and C1 controls, and what hides or reorders text for the eye: a script is read by people too.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_MEANT = re.compile(r"[ \t]*#[ \t]*(?:sbatch|pbs|bsub)[ \t]*-", re.IGNORECASE)


def check_text(text: str) -> None:
    """Raise ScriptRefused unless the text is a script of UNIX lines with an interpreter.

    sbatch refuses DOS line ends as well. A browser sends a text field with DOS line ends, so a
    form has to turn those back before it comes here.
    """
    if not text.strip():
        raise ScriptRefused([Problem(1, "", Code.EMPTY)])
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        raise ScriptRefused([Problem(1, "", Code.TOO_LARGE)])
    dos = text.find("\r\n")
    if dos >= 0:
        raise ScriptRefused([Problem(_line_of(text, dos), "", Code.DOS_LINE_ENDS)])
    problems = []
    if unwanted := _UNWANTED.search(text):
        name = f"U+{ord(unwanted.group()):04X}"
        line = _line_of(text, unwanted.start())
        problems.append(Problem(line, "", Code.CONTROL_CHARACTER, {"character": name}))
    if not _SHEBANG.match(text):
        problems.append(Problem(1, "", Code.NO_SHEBANG))
    if problems:
        raise ScriptRefused(problems)


def header(text: str) -> list[str]:
    """The lines before the first command: as sbatch, only these can ask for something."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        content = line.lstrip(" \t")
        if content and not content.startswith("#"):
            return lines[:index]
    return lines


def directives(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and what follows `#SBATCH`, for which sbatch demands neither case nor space."""
    for number, line in enumerate(header(text), start=1):
        if line.startswith(MAGIC):
            yield number, line.removeprefix(MAGIC)


def unread_lines(text: str) -> tuple[int, ...]:
    """Lines that look like options and are none: below the first command, indented, `#PBS`."""
    end = len(header(text))
    return tuple(
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if _MEANT.match(line) and (number > end or not line.startswith(MAGIC))
    )


def slurm_lines(text: str) -> Iterator[int]:
    """Lines that begin with `#SLURM -`, which sbatch reads with an error message."""
    for number, line in enumerate(header(text), start=1):
        if re.match(r"#SLURM[ \t]*-", line):
            yield number


def _line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
