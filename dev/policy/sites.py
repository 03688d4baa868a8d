"""All changes of policy that today's code allows, each under a key that the same code keeps."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from dev.places import ROOT
from dev.policy import changes, rules
from dev.policy.changes import Change, Place
from projects import roles


@dataclass(frozen=True)
class Function:
    """A function or method of the module, by its name and first line."""

    name: str
    line: int

    @classmethod
    def of(cls, node: ast.FunctionDef, names: Iterable[str]) -> Function:
        """As Python numbers them: a decorator belongs to its function."""
        lines = [node.lineno, *(one.lineno for one in node.decorator_list)]
        return cls(".".join(names), min(lines))


@dataclass(frozen=True, eq=False)
class Site:
    """One change of one line of policy.

    `marks` name the places whose tests can tell of it. It is made in a function, or else by
    carrying out a statement of the module again.
    """

    file: str
    key: str
    marks: tuple[str, ...]
    change: Change | None = None
    function: Function | None = None
    statement: ast.stmt | None = None


@dataclass
class Source:
    """One file of the product with its sites, and the statements that are marked in it."""

    file: str
    tree: ast.Module
    sites: list[Site] = field(default_factory=list)
    marks: dict[ast.stmt, str] = field(default_factory=dict)
    functions: set[Function] = field(default_factory=set)  # those with marks
    verbs: dict[str, set[str]] = field(default_factory=dict)  # verb → marks of what names it
    loads: dict[str, set[str]] = field(default_factory=dict)  # constant → functions' marks


@cache
def sources() -> dict[str, Source]:
    """Every file of the product, by its path from the root."""
    found = {}
    for app in rules.CODE:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT)
            if not rules.APART & set(name.parts):
                found[str(name)] = read_source(str(name), path.read_text(encoding="utf-8"))
    for site in [*_in_sql(found), *_in_tables(found)]:
        found[site.file].sites.append(site)
    return found


def read_source(file: str, text: str) -> Source:
    """One file as if it said so."""
    return _Finder(file, ast.parse(text, file)).source


@cache
def sites() -> dict[str, dict[str, Site]]:
    """All of them, by file and key; what stands twice in a function is numbered."""
    found: dict[str, dict[str, Site]] = {}
    for file, source in sources().items():
        for site in source.sites:
            known = found.setdefault(file, {})
            key, number = site.key, 1
            while key in known:
                number += 1
                key = f"{site.key} ({number})"
            known[key] = site
    return found


def view_mark(file: str, name: str) -> str:
    """The mark of a call that an address leads to a view, whether or not it is let in."""
    return f"{file}: {name} by its address"


class _Finder:
    """Walks one file; knows in which function and statement it is."""

    def __init__(self, file: str, tree: ast.Module) -> None:
        self.source = Source(file, tree)
        self.whole = rules.WHOLE.get(file, ())
        self.names: list[str] = []
        self.function: Function | None = None  # the outermost one
        self.first: ast.stmt | None = None  # of its statements
        self.is_whole = False
        self.statement: ast.stmt | None = None
        self.known: set[tuple[int, str]] = set()
        self._children(tree)

    def _children(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns"}:
                continue
            if isinstance(value, list):
                for index, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        self._visit(child, Place(node, name, index))
            elif isinstance(value, ast.AST):
                self._visit(value, Place(node, name))

    def _visit(self, node: ast.AST, place: Place) -> None:
        before = (self.function, self.first, self.is_whole, self.statement)
        if isinstance(node, ast.stmt):
            self.statement = node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.names.append(node.name)
            if isinstance(node, ast.FunctionDef) and self.function is None:
                self._enter(node)
        self._note(node, place)
        self._children(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self.names.pop()
        self.function, self.first, self.is_whole, self.statement = before

    def _enter(self, node: ast.FunctionDef) -> None:
        self.function = Function.of(node, self.names)
        self.first = node.body[ast.get_docstring(node) is not None and len(node.body) > 1]
        where = self.function.name
        self.is_whole = node.name in rules.WHOLE_EVERYWHERE or any(
            one in {"*", where} or (one.endswith(".*") and where.startswith(one[:-1]))
            for one in self.whole
        )

    def _note(self, node: ast.AST, place: Place) -> None:
        if self.function is None or self.statement is None:
            return
        if verb := changes.verb_of(node):
            self.source.verbs.setdefault(verb, set()).add(self._mark(self.statement))
        if isinstance(node, ast.Name) and self.first and node.id.isupper():
            self.source.loads.setdefault(node.id, set()).add(self._mark(self.first))
        found = list(changes.anywhere(node, place))
        if self.is_whole:
            found += changes.throughout(node, place)
        for change in found:
            after = _changed(self.statement, change)
            if (id(self.statement), after) not in self.known:
                self.known.add((id(self.statement), after))
                self._add(change, _digest(_text(self.statement), after))

    def _add(self, change: Change, digest: str) -> None:
        assert self.statement is not None
        assert self.function is not None
        file, where = self.source.file, ".".join(self.names)
        key = f"{where}: {change.words} #{digest}"
        if isinstance(self.statement, ast.FunctionDef):  # its decorators
            marks = (view_mark(file, where),)
            site = Site(file, key, marks, change, statement=self.statement)
        else:
            site = Site(file, key, (self._mark(self.statement),), change, self.function)
        self.source.sites.append(site)

    def _mark(self, statement: ast.stmt) -> str:
        assert self.function is not None
        assert self.first is not None
        at = self.first if isinstance(statement, ast.FunctionDef) else statement
        mark = f"{self.source.file}: {self.function.name}, {_digest(_text(at))}"
        self.source.marks[at] = mark
        self.source.functions.add(self.function)
        return mark


def _in_sql(found: dict[str, Source]) -> Iterator[Site]:
    for file, constant in rules.SQL:
        for statement in found[file].tree.body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == constant:
                assert isinstance(statement.value, ast.Constant)
                marks = _loaders(found, file, constant)
                for change in changes.in_sql(statement.value, Place(statement, "value")):
                    digest = _digest(_text(statement), _changed(statement, change))
                    key = f"{constant}: {change.words} #{digest}"
                    yield Site(file, key, marks, change, statement=statement)


def _in_tables(found: dict[str, Source]) -> Iterator[Site]:
    """Each verb of each role as if it were not there or were; the same for sets of roles."""
    read = _loaders(found, rules.ROLES, rules.TABLE)
    for verb in roles.Verb:
        named = {mark for source in found.values() for mark in source.verbs.get(verb.name, ())}
        for role, verbs in roles.ROLE_VERBS.items():
            word = "without" if verb in verbs else "with"
            change = f"{rules.TABLE}[Role.{role.name}] ^= {{Verb.{verb.name}}}"
            yield _of_table(f"{role.name} {word} {verb.name}", [*sorted(named), *read], change)
    for name in rules.ROLE_SETS:
        loaded = _loaders(found, rules.ROLES, name)
        for role in roles.PORTAL_ROLES:
            word = "without" if role in getattr(roles, name) else "with"
            change = f"{name} = {name} ^ {{Role.{role.name}}}"
            yield _of_table(f"{name}: {word} {role.name}", loaded, change)


def _of_table(key: str, marks: Iterable[str], change: str) -> Site:
    return Site(rules.ROLES, key, tuple(marks), statement=ast.parse(change).body[0])


def _loaders(found: dict[str, Source], file: str, constant: str) -> tuple[str, ...]:
    """The marks of all functions that read a constant."""
    among = [found[file]] if constant.startswith("_") else list(found.values())
    return tuple(sorted({mark for one in among for mark in one.loads.get(constant, ())}))


def _changed(statement: ast.stmt, change: Change) -> str:
    undo = change.place.put(change.new)
    try:
        return _text(statement)
    finally:
        undo()


def _text(statement: ast.stmt) -> str:
    """A statement's text; of a function its decorators and arguments alone."""
    if isinstance(statement, ast.FunctionDef):
        decorators = [f"@{ast.unparse(one)}" for one in statement.decorator_list]
        return " ".join([*decorators, statement.name, ast.unparse(statement.args)])
    return ast.unparse(statement)


def _digest(*texts: str) -> str:
    return hashlib.sha256(re.sub(r"\s+", " ", "\0".join(texts)).encode()).hexdigest()[:8]
