"""Options of the command line in an sbatch script, where they count more than the script's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cesai_client.errors import BadInput

MAGIC = "#SBATCH"
SHORT = {
    "a": "array", "A": "account", "b": "begin", "B": "extra-node-info", "c": "cpus-per-task",
    "C": "constraint", "d": "dependency", "D": "chdir", "e": "error", "F": "nodefile",
    "G": "gpus", "h": "help", "H": "hold", "i": "input", "J": "job-name", "k": "no-kill",
    "L": "licenses", "m": "distribution", "M": "clusters", "n": "ntasks", "N": "nodes",
    "o": "output", "O": "overcommit", "p": "partition", "q": "qos", "Q": "quiet",
    "s": "oversubscribe", "S": "core-spec", "t": "time", "v": "verbose", "V": "version",
    "w": "nodelist", "W": "wait", "x": "exclude",
}  # fmt: skip
# These have no value, or one only after `=`: the next word is an option of its own.
_ALONE = """
    parsable verbose quiet ignore-pbs requeue no-requeue hold wait test-only contiguous overcommit
    share oversubscribe reboot spread-job use-min-nodes help usage version resv-ports stepmgr
    exclusive nice no-kill get-user-env propagate immediate
"""
ALONE = frozenset(_ALONE.split())
# As in sbatch, each of these takes the place of the other.
REPLACES = {"requeue": ("no-requeue",), "no-requeue": ("requeue",)}
_MEANT = re.compile(r"[ \t]*#[ \t]*(?:sbatch|pbs|bsub)[ \t]*-", re.IGNORECASE)
_PLAIN = re.compile(r"[^\s\"'\\#]+")


@dataclass(frozen=True, slots=True)
class Overridden:
    """A script with the command line's options; `added` lines stand behind the first one."""

    text: str
    added: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """One option of a line: its name and value, the place it takes up, what is to stay of it."""

    name: str
    value: str
    start: int
    end: int
    rest: str = ""


def override(text: str, options: Mapping[str, str | None]) -> Overridden:
    """The script as sbatch would take it with these options (None: a flag) before its name.

    Lines keep their numbers, so that what is said of one is found in the file; only a script
    without any #SBATCH line gets one more. Raises BadInput for a value of several lines.
    """
    if not options:
        return Overridden(text)
    gone = set(options).union(*(REPLACES.get(name, ()) for name in options))
    lines = text.split("\n")
    head = [n for n in _header(lines) if lines[n].startswith(MAGIC)]
    for n in head:
        lines[n] = _without(lines[n], gone)
    written = " ".join(_written(name, value) for name, value in options.items())
    if head:
        first = head[0]
        rest = lines[first].removeprefix(MAGIC).strip(" \t")
        lines[first] = f"{MAGIC} {written} {rest}".rstrip(" ")
        return Overridden("\n".join(lines))
    lines.insert(1, f"{MAGIC} {written}")
    return Overridden("\n".join(lines), added=1)


def asked(text: str, name: str) -> str:
    """What the script's own lines say for an option, "" if nothing; the last one counts."""
    values = [option.value for _, option, _ in _all(text) if option.name == name]
    return values[-1] if values else ""


def lines_of(text: str, names: Collection[str]) -> list[tuple[int, str]]:
    """Where the script has any of these options: lines counted from 1, with what stands there."""
    return [(line, written) for line, option, written in _all(text) if option.name in names]


def _all(text: str) -> Iterator[tuple[int, _Found, str]]:
    """Every option of the script with its line, and as it is written."""
    lines = text.split("\n")
    for n in _header(lines):
        if lines[n].startswith(MAGIC):
            for option in _options(lines[n]) or ():
                yield n + 1, option, lines[n][option.start : option.end]


def unread(text: str) -> list[int]:
    """Lines that look like options and are none, for sbatch neither, counted from 1."""
    lines = text.split("\n")
    head = _header(lines)
    return [
        n + 1
        for n, line in enumerate(lines)
        if _MEANT.match(line) and (n not in head or not line.startswith(MAGIC))
    ]


def _header(lines: list[str]) -> range:
    """The lines before the first command."""
    for n, line in enumerate(lines):
        content = line.lstrip(" \t")
        if content and not content.startswith("#"):
            return range(n)
    return range(len(lines))


def _without(line: str, names: set[str]) -> str:
    """A line without these options; what cannot be read stays, for the portal to refuse."""
    for option in reversed(_options(line) or []):
        if option.name in names:
            line = line[: option.start] + option.rest + line[option.end :].lstrip(" \t")
    return line


def _options(line: str) -> list[_Found] | None:
    """The options of an #SBATCH line as getopt takes them apart; None if it cannot be read."""
    words = _words(line, len(MAGIC))
    if words is None:
        return None
    found = []
    at = 0
    while at < len(words):
        text, start, end = words[at]
        at += 1
        name, value, rest, needs_value = _one(text)
        if needs_value and at < len(words) and not line[words[at][1] :].startswith("-"):
            value, _start, end = words[at]
            at += 1
        if name:
            found.append(_Found(name, value, start, end, rest))
    return found


def _one(word: str) -> tuple[str, str, str, bool]:
    """Name, value, what stands before it in the same word, whether the next word is its value."""
    if word.startswith("--") and len(word) > 2:
        name, equals, value = word.removeprefix("--").partition("=")
        return name, value, "", not equals and name not in ALONE
    if not word.startswith("-") or word in {"-", "--"}:
        return "", "", "", False
    for at, letter in enumerate(word[1:], start=1):
        name = SHORT.get(letter, "")
        if name not in ALONE:
            value = word[at + 1 :]
            rest = f"{word[:at]} " if at > 1 else ""
            return name, value, rest, bool(name) and not value
    return "", "", "", False


def _words(line: str, at: int) -> list[tuple[str, int, int]] | None:
    """Words without their quotes and where each stands; `#` ends the line even inside a word."""
    words = []
    while at < len(line) and line[at] != "#":
        if line[at] in " \t":
            at += 1
            continue
        start, text, quote = at, "", ""
        while at < len(line) and (quote or line[at] not in " \t#"):
            char = line[at]
            if char == "\\":
                at += 1
                if at == len(line):
                    return None
                text += line[at]
            elif char == quote:
                quote = ""
            elif not quote and char in "\"'":
                quote = char
            else:
                text += char
            at += 1
        if quote:
            return None
        words.append((text, start, at))
    return words


def _written(name: str, value: str | None) -> str:
    """As it stands in an #SBATCH line."""
    if value is None:
        return f"--{name}"
    if not value.isprintable():
        raise BadInput(f"--{name}: the value holds a line end or another character for control.")
    if _PLAIN.fullmatch(value):
        return f"--{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'--{name}="{escaped}"'
