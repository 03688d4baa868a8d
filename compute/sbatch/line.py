"""The options of one `#SBATCH` line, as getopt takes words apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from compute.sbatch.options import FLAGS, KNOWN, OPTIONAL, SHORT, refusal
from compute.sbatch.problems import BadValue, Code
from compute.sbatch.words import Word, split_words

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Option:
    """One option by its long name, its value if it has one, and both as they were written."""

    name: str
    value: str | None
    written: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the place of an option that cannot be taken."""

    written: str
    reason: BadValue


def read_line(rest: str) -> Iterator[Option | Trouble]:
    """Everything on the line, in order; of an unreadable line only why."""
    try:
        words = deque(split_words(rest))
    except BadValue as bad:
        yield Trouble(_shown(rest.strip()), bad)
        return
    while words:
        word = words.popleft()
        if word.text in {"hetjob", "packjob"} or word.raw.startswith(":"):
            yield Trouble(_shown(word.raw), BadValue(Code.SEVERAL_JOBS))
        elif word.text.startswith("--") and len(word.text) > 2:
            yield _long(word, words)
        elif word.text.startswith("-") and word.text not in {"-", "--"}:
            yield from _short(word, words)
        else:
            yield Trouble(_shown(word.raw), BadValue(Code.BARE_WORD))


def _long(word: Word, following: deque[Word]) -> Option | Trouble:
    name, equals, value = word.text.removeprefix("--").partition("=")
    if equals:
        return _checked(name, value, word.raw)
    return _with_next(name, word.raw, following)


def _short(word: Word, following: deque[Word]) -> Iterator[Option | Trouble]:
    for at, letter in enumerate(word.text[1:], start=2):
        name = SHORT.get(letter)
        if name is None:
            _skip_value(following)
            yield Trouble(_shown(word.raw), BadValue(Code.UNKNOWN_OPTION))
            return
        if name in FLAGS:
            yield _checked(name, None, word.raw)
            continue
        value = word.text[at:]
        yield _checked(name, value, word.raw) if value else _with_next(name, word.raw, following)
        return


def _with_next(name: str, written: str, following: deque[Word]) -> Option | Trouble:
    """The next word is the value, unless it looks like an option: then a value was forgotten."""
    if name in FLAGS or name in OPTIONAL:
        return _checked(name, None, written)
    if name not in KNOWN:
        _skip_value(following)
        return _checked(name, None, written)
    if not following or following[0].raw.startswith("-"):
        return _checked(name, None, written)
    value = following.popleft()
    return _checked(name, value.text, f"{written} {value.raw}")


def _skip_value(following: deque[Word]) -> None:
    """One complaint about an unknown option is enough; what follows it belongs to it."""
    while following and not following[0].raw.startswith("-"):
        following.popleft()


def _checked(name: str, value: str | None, written: str) -> Option | Trouble:
    reason = refusal(name)
    if reason is None and name in FLAGS and value is not None:
        reason = BadValue(Code.VALUE_UNEXPECTED)
    if reason is None and name not in FLAGS and not value:
        reason = BadValue(Code.VALUE_MISSING)
    if reason is not None:
        return Trouble(_shown(written), reason)
    return Option(name, value, _shown(written))


def _shown(written: str) -> str:
    return written if len(written) <= _SHOWN else written[: _SHOWN - 1] + "…"
