"""The words of one `#SBATCH` line: quotes, backslashes, comments."""

from __future__ import annotations

from dataclasses import dataclass

from compute.sbatch.problems import BadValue, Code

_BLANK = " \t"


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its quotes, and as it was written."""

    text: str
    raw: str


def split_words(line: str) -> list[Word]:
    """The words up to the comment; raises BadValue for an open quote or a loose backslash.

    As in sbatch (measured with 22.05): `#` ends a word and the line even inside a word, a
    backslash protects the next character inside quotes too, quotes may stand inside a word.
    sbatch loses a backslash before a blank or the line's end; nobody means that, so it is refused.
    """
    words: list[Word] = []
    at = 0
    while at < len(line) and line[at] != "#":
        if line[at] in _BLANK:
            at += 1
            continue
        word, at = _word(line, at)
        words.append(word)
    return words


def _word(line: str, start: int) -> tuple[Word, int]:
    text: list[str] = []
    quote = ""
    at = start
    while at < len(line) and (quote or line[at] not in _BLANK + "#"):
        char = line[at]
        if char == "\\":
            at += 1
            if at == len(line) or (not quote and line[at] in _BLANK):
                raise BadValue(Code.LOOSE_BACKSLASH)
            text.append(line[at])
        elif char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        else:
            text.append(char)
        at += 1
    if quote:
        raise BadValue(Code.UNCLOSED_QUOTE)
    return Word("".join(text), line[start:at]), at
