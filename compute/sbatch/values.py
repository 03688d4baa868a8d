"""What the values of sbatch options mean: times, amounts, counts, GPUs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compute.sbatch.problems import BadValue, Code

# Far above any cluster, far below what a database column or a product of them holds.
LARGEST_COUNT = 1_000_000
LONGEST_MINUTES = 10 * 366 * 24 * 60
LARGEST_MB = 2**31 - 1

_TIME = re.compile(r"(?:([0-9]{1,9})-)?([0-9]{1,9}(?::[0-9]{1,9}){0,2})")
_MEMORY = re.compile(r"([0-9]{1,15})(?:([KkMmGgTt])[Bb]?)?")
_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
# A number with a unit (`4k`) is a count to sbatch, and `gpu` is the name of the resource.
_GPU_TYPE = re.compile(r"(?!(?:[0-9]+[KkMmGgTtPp]?|gpu)\Z)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_GPU_COUNT = re.compile(r"(?:([^:]+):)?([0-9]{1,19})")
_KB = {"k": 1, "m": 1024, "g": 1024**2, "t": 1024**3}


@dataclass(frozen=True, slots=True)
class Gpus:
    """A number of GPUs and their type, "" for any."""

    count: int
    type: str = ""


def minutes(text: str) -> int:
    """Slurm's `m`, `m:s`, `h:m:s`, `d-h`, `d-h:m` or `d-h:m:s` as minutes, rounded up."""
    if text.lower() in {"infinite", "unlimited", "-1"}:
        raise BadValue(Code.NO_TIME_LIMIT)
    match = _TIME.fullmatch(text)
    if not match:
        raise BadValue(Code.BAD_TIME)
    parts = [int(part) for part in match[2].split(":")]
    if match[1]:
        parts = [int(match[1]), *parts, 0, 0][:4]
    elif len(parts) == 3:
        parts = [0, *parts]
    else:
        parts = [0, 0, *parts, 0][:4]
    days, hours, mins, seconds = parts
    total = -(-(((days * 24 + hours) * 60 + mins) * 60 + seconds) // 60)
    if total == 0:
        raise BadValue(Code.NO_TIME_LIMIT)
    if total > LONGEST_MINUTES:
        raise BadValue(Code.TIME_TOO_LONG)
    return total


def memory_mb(text: str) -> int:
    """An amount with K, M, G or T (M if none; sbatch takes `GB` too) as MiB, rounded up."""
    match = _MEMORY.fullmatch(text)
    if not match:
        raise BadValue(Code.BAD_MEMORY)
    kilobytes = int(match[1]) * _KB[(match[2] or "M").lower()]
    if kilobytes == 0:
        raise BadValue(Code.ALL_MEMORY)
    return _within(-(-kilobytes // 1024), LARGEST_MB)


def count(text: str) -> int:
    """A whole number from 1."""
    if not re.fullmatch("[0-9]{1,19}", text):
        raise BadValue(Code.BAD_NUMBER)
    return _within(int(text), LARGEST_COUNT)


def nodes(text: str) -> int:
    """One number of nodes; a range would leave open how many GPUs are reserved."""
    match = _RANGE.fullmatch(text)
    if not match:
        return count(text)
    if match[1] != match[2]:
        raise BadValue(Code.NODE_RANGE)
    return count(match[1])


def gpus(text: str) -> Gpus:
    """`4`, `a100:4` or `a100` (one) of the `--gpus…` options."""
    if "," in text:
        raise BadValue(Code.SEVERAL_GPU_TYPES)
    counted = _GPU_COUNT.fullmatch(text)
    kind, number = counted.groups("") if counted else (text, "1")
    if (kind or not counted) and not _GPU_TYPE.fullmatch(kind):
        raise BadValue(Code.BAD_GPUS)
    return Gpus(_within(int(number), LARGEST_COUNT), kind)


def gres(text: str) -> Gpus:
    """`gpu`, `gpu:4`, `gpu:a100:4` or `gpu:a100` of `--gres`; nothing but GPUs."""
    entries = [re.sub("^gres[:/]", "", entry) for entry in text.split(",")]
    names = {re.split("[:=/(]", entry)[0] for entry in entries}
    if names != {"gpu"}:
        raise BadValue(Code.OTHER_GRES)
    if len(entries) > 1:
        raise BadValue(Code.SEVERAL_GPU_TYPES)
    if entries[0] == "gpu":
        return Gpus(1)
    if not entries[0].startswith("gpu:"):
        raise BadValue(Code.BAD_GPUS)
    return gpus(entries[0].removeprefix("gpu:"))


def name(text: str) -> str:
    """A name of a job, an account or a partition: 1–255 characters in one line."""
    return _text(text, 255)


def path(text: str) -> str:
    """A path or file name pattern (`%j`): as written; where it may lie is not decided here."""
    return _text(text, 4095)


def _text(text: str, longest: int) -> str:
    if "\t" in text or not 0 < len(text.strip()) <= len(text) <= longest:
        raise BadValue(Code.BAD_TEXT, high=str(longest))
    return text


def _within(value: int, high: int) -> int:
    if not 1 <= value <= high:
        raise BadValue(Code.OUT_OF_RANGE, high=str(high))
    return value
