"""The filter and order clauses of MLflow's searches, read as a real server reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.mlflow.errors import invalid

# A word, a quoted text (quotes have no escapes but stand doubled or after a backslash as they are
# written), a comparison or a bracket.
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:''|\\.|[^'\\])*'|"(?:""|\\.|[^"\\])*")
      | (?P<tick>`[^`]*`)
      | (?P<sign><>|!=|<=|>=|==|=|<|>|\(|\)|,|\.)
      | (?P<word>[^\s'"`<>=!(),.]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
EQUAL = frozenset({"=", "!=", "LIKE", "ILIKE"})
TEXT = EQUAL | {"IN", "NOT IN"}
NUMBER = frozenset({"=", "!=", "<", "<=", ">", ">="})
ATTRIBUTE = frozenset({"attribute"})
MOST = 20_000  # more than an address holds
MOST_CLAUSES = 200  # the database plans a thousand for seconds
TAG = frozenset({"tag", "tags"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison: of an attribute, or of a tag if `is_tag`."""

    key: str
    sign: str
    value: str | int | tuple[str, ...]
    is_tag: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One column of an order."""

    key: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


def read_filter(text: str | None, attributes: Mapping[str, frozenset[str]]) -> list[Clause]:
    """The clauses of a filter, all of which must hold. Raises MlflowError.

    `attributes` maps each attribute to the comparisons it knows.
    """
    if not text:
        return []
    if len(text) > MOST:
        raise invalid(f"A filter has {MOST} characters at most. Ask in several searches.")
    tokens = _tokens(text)
    if not tokens:
        raise invalid(f"The filter {text!r} says nothing. Leave it out or name a condition.")
    reader = _Reader(tokens, text, attributes)
    clauses = []
    while not reader.is_done():
        if reader.takes_word("AND"):
            continue
        clauses.append(reader.clause())
        if len(clauses) > MOST_CLAUSES:
            raise invalid(f"A filter has {MOST_CLAUSES} conditions at most. Ask in several.")
    return clauses


def read_order(
    clauses: Sequence[str], keys: Mapping[str, str], *, bare: bool = False
) -> list[Order]:
    """Columns of an order; `keys` maps what may be named to them. Raises MlflowError.

    With `bare` a key has neither quotes nor the word `attribute.` before it.
    """
    found: list[Order] = []
    for clause in clauses:
        match = re.fullmatch(
            r"(?P<decoration>(?:attribute\.)?)(?P<quote>[`\"]?)(?P<key>[\w.]+)(?P=quote)(?:\s+(?P<way>ASC|DESC))?",
            clause,
            re.IGNORECASE | re.ASCII,
        )
        if match is None or (bare and match["decoration"] + match["quote"]):
            raise invalid(
                f"Invalid order_by clause {clause!r}. Write a key, then ASC or DESC if you like."
            )
        key = match["key"]
        if key not in keys:
            raise invalid(
                f"Invalid order by key {key!r} specified. Valid keys are {', '.join(keys)}."
            )
        if keys[key] in {order.key for order in found}:
            raise invalid(f"`order_by` names {key!r} twice. Name each key once.")
        found.append(Order(keys[key], (match["way"] or "").upper() == "DESC"))
    return found


class _Reader:
    """Reads one clause after another."""

    def __init__(
        self, tokens: list[Token], text: str, attributes: Mapping[str, frozenset[str]]
    ) -> None:
        self.tokens, self.text, self.attributes = tokens, text, attributes
        self.at = 0

    def is_done(self) -> bool:
        return self.at >= len(self.tokens)

    def takes_word(self, word: str) -> bool:
        token = self._peek()
        if token is not None and token.kind == "word" and token.text.upper() == word:
            self.at += 1
            return True
        return False

    def clause(self) -> Clause:
        """One comparison. Raises MlflowError."""
        key, is_tag = self._key()
        sign = self._sign()
        allowed = EQUAL if is_tag else self.attributes[key]
        if sign not in allowed:
            raise self._wrong(f"{key} knows the comparisons {', '.join(sorted(allowed))} only")
        if sign in {"IN", "NOT IN"}:
            return Clause(key, sign, self._values(), is_tag)
        if not is_tag and self.attributes[key] == NUMBER:
            return Clause(key, sign, self._number(), is_tag)
        return Clause(key, sign, self._text(), is_tag)

    def _key(self) -> tuple[str, bool]:
        first = self._next("a name or a tag to compare")
        if first.kind != "word" or first.text.upper() in {"OR", "NOT"}:
            raise self._wrong(f"{first.text!r} cannot begin a condition; conditions join by AND")
        if first.kind == "word" and first.text in TAG | ATTRIBUTE and self._takes_dot():
            if first.text in TAG:
                return self._tag_key(), True
            first = self._next("an attribute")
        if first.text not in self.attributes:
            known = ", ".join(self.attributes)
            raise self._wrong(f"{first.text!r} is none of {known} or tags.KEY")
        return first.text, False

    def _tag_key(self) -> str:
        token = self._next("the key of a tag")
        if token.kind in {"text", "tick"}:
            return token.text
        if token.kind != "word" or not re.fullmatch(r"\w+", token.text):
            raise self._wrong(f"put the key of the tag into backticks: {token.text!r}")
        key = token.text
        while self._takes_dot():
            key += f".{self._next('the rest of the key').text}"
        return key

    def _sign(self) -> str:
        token = self._next("a comparison")
        word = token.text.upper()
        if token.kind == "sign" and token.text in {"=", "!=", "<", "<=", ">", ">="}:
            return token.text
        if token.kind == "word" and word in {"LIKE", "ILIKE", "IN"}:
            return word
        if token.kind == "word" and word == "NOT" and self.takes_word("IN"):
            return "NOT IN"
        raise self._wrong(f"{token.text!r} is no comparison")

    def _text(self) -> str:
        token = self._next("a quoted value")
        if token.kind != "text":
            raise self._wrong(f"put the value into quotes: {token.text!r}")
        return token.text

    def _number(self) -> int:
        token = self._next("a number")
        if not re.fullmatch(r"-?\d{1,18}", token.text) or token.kind not in {"word", "text"}:
            raise self._wrong(f"{token.text!r} is no whole number")
        return int(token.text)

    def _values(self) -> tuple[str, ...]:
        values = []
        self._expect("(")
        while True:
            values.append(self._text())
            if not self._takes_sign(","):
                break
        self._expect(")")
        return tuple(values)

    def _takes_dot(self) -> bool:
        return self._takes_sign(".")

    def _takes_sign(self, sign: str) -> bool:
        token = self._peek()
        if token is not None and token.kind == "sign" and token.text == sign:
            self.at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._takes_sign(sign):
            raise self._wrong(f"“{sign}” is missing")

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _next(self, what: str) -> Token:
        token = self._peek()
        if token is None:
            raise self._wrong(f"{what} is missing at the end")
        self.at += 1
        return token

    def _wrong(self, why: str) -> Exception:
        return invalid(f"Invalid filter {self.text!r}: {why}.")


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid(f"Invalid filter {text!r}: {text[at:].strip()[:20]!r} cannot be read.")
        kind = match.lastgroup or ""
        word = match[kind]
        found.append(Token(kind, word[1:-1] if kind in {"text", "tick"} else word))
        at = match.end()
    return found
