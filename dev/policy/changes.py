"""How one line of policy is taken away, weakened or turned round, on the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from dev.policy import rules

Undo: TypeAlias = Callable[[], None]


@dataclass(frozen=True)
class Place:
    """Where a node hangs in the tree."""

    parent: ast.AST
    field: str
    index: int | None = None

    def put(self, new: ast.AST | None) -> Undo:
        """Hang another node there, or none; what comes back hangs the old one there again."""
        if self.index is None:
            old = getattr(self.parent, self.field)
            setattr(self.parent, self.field, new)
            return partial(setattr, self.parent, self.field, old)
        row: list[Any] = getattr(self.parent, self.field)
        old = row[self.index]
        row[self.index : self.index + 1] = [] if new is None else [new]
        end = self.index + (new is not None)
        return partial(row.__setitem__, slice(self.index, end), [old])


@dataclass(frozen=True)
class Change:
    """One change of the code, in words for people, such as `without x`."""

    words: str
    place: Place
    new: ast.AST | None


def anywhere(node: ast.AST, place: Place) -> Iterator[Change]:
    """What is policy wherever it stands: narrowing, verbs, guards, refusals, log-in."""
    match node:
        case ast.Call():
            yield from _of_call(node, place)
        case ast.Expr(value=ast.Call(func=func)) if _named(func).startswith(rules.GUARDS):
            yield _changed(node, place, "left out", ast.Pass())
        case ast.Compare(left=left, ops=[op]) if verb_of(left):
            if isinstance(op, ast.In | ast.NotIn):
                told = isinstance(op, ast.In)
                yield _changed(node, place, "always held", ast.Constant(told))
        case ast.If(body=[ast.Raise(exc=exc)]) if _named(exc) in rules.REFUSALS:
            test = Place(node, "test")
            yield _changed(node.test, test, "never refused", ast.Constant(False))
        case ast.FunctionDef():
            for index, decorator in enumerate(node.decorator_list):
                if _named(decorator) == rules.LOG_IN:
                    yield Change("without log-in", Place(node, "decorator_list", index), None)


def throughout(node: ast.AST, place: Place) -> Iterator[Change]:
    """What is policy inside a function that is policy as a whole."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            for told, word in ((True, "always"), (False, "never")):
                yield _changed(test, Place(node, "test"), word, ast.Constant(told))
        case ast.AugAssign() | ast.Expr(value=ast.Call(func=ast.Attribute(attr="add" | "append"))):
            yield _changed(node, place, "left out", ast.Pass())
        case ast.Return(value=ast.Constant(value=bool() as told)):
            yield Change(f"returns {not told}", Place(node, "value"), ast.Constant(not told))
        case ast.Return(value=ast.Compare() as value):
            for told, word in ((True, "always"), (False, "never")):
                yield _changed(value, Place(node, "value"), word, ast.Constant(told))
        case ast.comprehension(ifs=ifs):
            yield from _each_left_out(node, "ifs", ifs)
        case ast.Call(func=ast.Attribute(attr="filter" | "exclude")):
            yield from _of_filter(node, place)
        case ast.Call(func=ast.Attribute(attr="get"), keywords=keywords) if len(keywords) > 1:
            yield from _each_left_out(node, "keywords", keywords)
        case ast.BoolOp() | ast.BinOp() | ast.Set() | ast.Tuple() | ast.List():
            yield from _of_parts(node, place)


def _of_parts(node: ast.expr, place: Place) -> Iterator[Change]:
    """Each part of a condition, a sum or a set left out."""
    match node:
        case ast.BoolOp(values=values) if not isinstance(values[-1], ast.Constant):
            for value in values:
                rest = [one for one in values if one is not value]
                new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
                yield Change(f"without `{_short(value)}`", place, new)
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd(), left=left, right=right):
            yield Change(f"without `{_short(right)}`", place, left)
            yield Change(f"without `{_short(left)}`", place, right)
        case ast.BinOp(op=ast.Sub(), left=left, right=right) if _is_set(left) or _is_set(right):
            yield Change(f"without `{_short(right)}`", place, left)
        case ast.Set(elts=elements) | ast.Tuple(elts=elements) | ast.List(elts=elements):
            if len(elements) > 1 and all(map(_is_named_value, elements)):
                yield from _each_left_out(node, "elts", elements)


_ATOM = re.compile(
    r"[\w.]*\{?\w+\}? (?:= ANY\(%s\)|IN \([^)]*\)|(?:=|<=|<>|IS DISTINCT FROM) (?:%s|'\w+'|[\w.]+)"
    r"|IS NULL)"
)


def in_sql(node: ast.Constant, place: Place) -> Iterator[Change]:
    """Each comparison of a statement as if it always held, and as if it never did."""
    text = str(node.value)
    for found in _ATOM.finditer(text):
        for told, with_word in (("true", "OR"), ("false", "AND")):
            atom = f"({told} {with_word} {found.group()})"
            new = ast.Constant(text[: found.start()] + atom + text[found.end() :])
            words = f"`{found.group()}` {'always' if told == 'true' else 'never'}"
            yield Change(words, place, new)


def _of_call(node: ast.Call, place: Place) -> Iterator[Change]:
    name = ast.unparse(node.func)
    is_narrowing = any(f".{name}".endswith(f".{one}") for one in rules.NARROWING)
    if is_narrowing and isinstance(node.func, ast.Attribute):
        yield Change(f"`.{node.func.attr}(…)` shows all", place, _rows(node.func.value))
    last = _named(node.func)
    if last in rules.OPENED:
        new_value = ast.parse(rules.OPENED[last], mode="eval").body
        yield Change(f"`{last}(…)` shows all", place, new_value)
    if last.startswith(rules.FETCHES):
        for index, argument in enumerate(node.args):
            if verb_of(argument):
                view = ast.parse("Verb.VIEW", mode="eval").body
                words = f"`{_short(argument)}` is VIEW"
                yield Change(words, Place(node, "args", index), view)


def _of_filter(node: ast.Call, place: Place) -> Iterator[Change]:
    """Each of its conditions left out; its only one leaves all rows."""
    if len(node.args) + len(node.keywords) > 1:
        yield from _each_left_out(node, "args", node.args)
        yield from _each_left_out(node, "keywords", node.keywords)
    elif isinstance(node.func, ast.Attribute) and (node.args or node.keywords):
        condition = (node.args or node.keywords)[0]
        words = f"without `.{node.func.attr}({_short(condition)})`"
        yield Change(words, place, _rows(node.func.value))


def _each_left_out(node: ast.AST, field: str, row: Sequence[ast.AST]) -> Iterator[Change]:
    for index, one in enumerate(row):
        yield Change(f"without `{_short(one)}`", Place(node, field, index), None)


def _is_named_value(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Starred)


def _changed(node: ast.AST, place: Place, words: str, new: ast.AST) -> Change:
    return Change(f"`{_short(node)}` {words}", place, new)


def _rows(source: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(source, "all", ast.Load()), [], [])


def _is_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Set) or _named(node) == "set"


def _named(node: ast.AST | None) -> str:
    """The last name of a reference or of what is called."""
    match node:
        case ast.Call(func=func):
            return _named(func)
        case ast.Attribute(attr=attr):
            return attr
        case ast.Name(id=name):
            return name
    return ""


def verb_of(node: ast.AST) -> str:
    """The verb that a reference names, "" if it is none or VIEW."""
    match node:
        case ast.Attribute(value=ast.Name(id="Verb"), attr=attr) if attr != "VIEW":
            return attr
    return ""


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
