"""The product as it runs in this process: changed and marked in memory, never on disk."""

from __future__ import annotations

import ast
import builtins
import gc
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

from django.core.handlers.base import BaseHandler
from django.urls import URLPattern, URLResolver, get_resolver

from dev.places import ROOT
from dev.policy.sites import Function, Site, Source, sites, sources, view_mark

MARK = "__mark__"


class Loaded:
    """All functions of the product, found once; a change swaps the code of one."""

    def __init__(self) -> None:
        for file in sites():
            importlib.import_module(_module_name(file))
        self.patterns = list(_patterns(get_resolver()))  # loads the views
        self.functions: dict[tuple[str, Function], list[FunctionType]] = {}
        for one in gc.get_objects():
            if type(one) is FunctionType and one.__code__.co_filename.startswith(str(ROOT)):
                code = one.__code__
                key = (code.co_filename, Function(code.co_qualname, code.co_firstlineno))
                self.functions.setdefault(key, []).append(one)

    def make(self, site: Site) -> None:
        """Make the change here, for good. Raises LookupError if nothing here runs that code."""
        source = sources()[site.file]
        if site.change is not None:
            site.change.place.put(site.change.new)
        if site.function is not None:
            self._swap(source, [site.function])
        else:
            assert site.statement is not None
            self._carry_out(source, site.statement)

    def mark(self, see: Callable[[str], None]) -> None:
        """From now on tell of each marked statement that runs, and of each view by its address."""
        setattr(builtins, MARK, see)
        for source in sources().values():
            _Marking(source).visit(source.tree)
            self._swap(source, source.functions & self._known(source))
        BaseHandler.resolve_request = _telling(  # type: ignore[method-assign]
            BaseHandler.resolve_request, see
        )

    def _swap(self, source: Source, functions: Iterable[Function]) -> None:
        path = str(ROOT / source.file)
        new = dict(_codes(_compiled(source.tree, path)))
        for function in functions:
            for one in self.functions[path, function]:
                one.__code__ = new[function]

    def _known(self, source: Source) -> set[Function]:
        path = str(ROOT / source.file)
        return {function for file, function in self.functions if file == path}

    def _carry_out(self, source: Source, statement: ast.stmt) -> None:
        """Carry out a statement of the module, and those after it that use what it names."""
        module = sys.modules[_module_name(source.file)]
        todo, names = [statement], _names(statement, ast.Store)
        if isinstance(statement, ast.FunctionDef):
            names = {statement.name}
        for later in _after(source.tree, statement):
            if isinstance(later, ast.Assign | ast.AnnAssign) and names & _names(later, ast.Load):
                todo.append(later)
                names |= _names(later, ast.Store)
        before = {name: getattr(module, name) for name in names}
        tree = ast.Module([*_future(source.tree), *todo], [])
        exec(_compiled(tree, str(ROOT / source.file)), vars(module))  # noqa: S102
        for name in names:
            self._replace(before[name], getattr(module, name))

    def _replace(self, old: Any, new: Any) -> None:
        """Wherever one thing was imported or served, put the other."""
        for module in list(sys.modules.values()):
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if value is old:
                    setattr(module, name, new)
        for pattern in self.patterns:
            if pattern.callback is old:
                pattern.callback = new


class _Marking(ast.NodeTransformer):
    """Puts a call before each marked statement."""

    def __init__(self, source: Source) -> None:
        self.marks = source.marks

    def visit(self, node: ast.AST) -> Any:
        found = self.marks.get(node) if isinstance(node, ast.stmt) else None
        self.generic_visit(node)
        if found is None:
            return node
        call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(found)], [])
        return [ast.copy_location(ast.Expr(call), node), node]


def _telling(resolve: Callable[..., Any], see: Callable[[str], None]) -> Callable[..., Any]:
    def resolve_request(self: BaseHandler, request: Any) -> Any:
        match = resolve(self, request)
        view: Any = match.func
        name = getattr(view, "__qualname__", "")
        see(view_mark(f"{view.__module__.replace('.', '/')}.py", name))
        return match

    return resolve_request


def _compiled(tree: ast.Module, path: str) -> CodeType:
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _codes(code: CodeType) -> Iterator[tuple[Function, CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield Function(one.co_qualname, one.co_firstlineno), one
            yield from _codes(one)


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one)
        else:
            yield one


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


def _after(tree: ast.Module, statement: ast.stmt) -> list[ast.stmt]:
    """The statements after one; none if it is one of ours."""
    body = tree.body
    return body[body.index(statement) + 1 :] if statement in body else []


def _future(tree: ast.Module) -> list[ast.stmt]:
    return [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]


def _module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
