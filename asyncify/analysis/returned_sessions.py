"""`return SessionLocal()`: sessions that a dependency of FastAPI opens and returns, so nothing closes them; or yields,
and then does not close (`yield SessionLocal()`, `finally: db.close` without a call).

Garbage collection gave their connections back once the request was over, and cannot do so for async ones (see
`unclosed`). A dependency that yields has the session closed then. Source: FastAPI, "Dependencies with yield".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.lent_by_dependencies import is_asked_for, is_only_asked_for, taken_session
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.unclosed import (
    bodies,
    bound_once,
    closed,
    closings,
    goes_only_to,
    is_never_replaced,
    opened_name,
    opens,
)
from asyncify.analysis.values import Ext, Fn, Value

#: decorators with which a function may come to yield
_PLAIN = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True)
class Returned:
    """One such session, and the last and only `return` of the function, or its only `yield`.

    name: what holds it, "" where that statement opens it. opening: the statement that opens it for the rest of the
    function, None where that closes it itself as it returns, or where there is no name. yields: whether FastAPI alone
    calls the function, so that it may be a generator.
    """

    function: FunctionInfo
    stmt: ast.Return | ast.Expr
    value: ast.expr
    name: str = ""
    opening: ast.Assign | ast.AnnAssign | None = None
    yields: bool = True


def returned_sessions(program: Program) -> Mapping[str, tuple[Returned, ...]]:
    """All of them by file; with another caller only those that the `return` opens for FastAPI as well."""
    return {path: tuple(_returned_in(program, module)) for path, module in program.modules.items()}


def _returned_in(program: Program, module: ModuleInfo) -> Iterator[Returned]:
    for function in module.functions.values() if not is_test(module.path) else ():
        one = _yielded(program, function) if function.is_generator else _returned(program, function)
        if one is None:
            continue
        if is_only_asked_for(program, function):
            yield one
        elif not one.name and is_asked_for(program, function):
            yield Returned(function, one.stmt, one.value, yields=False)


def _returned(program: Program, function: FunctionInfo) -> Returned | None:
    around, last = _last(function)
    returns = [n for n in function.nodes if isinstance(n, ast.Return)]
    if returns != [last] or not isinstance(last, ast.Return) or last.value is None:
        return None
    if any(last_name(decorator) not in _PLAIN for decorator in function.node.decorator_list):
        return None  # `@lru_cache` gives one session to all, and a generator only to the first
    if not around and _opens_own(program, last.value):
        return Returned(function, last, last.value)
    name = last.value.id if isinstance(last.value, ast.Name) else ""
    if not name or not bound_once(function, name) or _is_kept(program, function, name, last.value):
        return None
    if around:
        return Returned(function, last, last.value, name) if _closes(program, function, around[-1], name) else None
    opening = next((s for s in function.node.body if opened_name(program, s) == name), None)
    if not isinstance(opening, (ast.Assign, ast.AnnAssign)) or closed(function, name):
        return None
    return Returned(function, last, last.value, name, opening) if _opens_own(program, opening.value) else None


def _yielded(program: Program, function: FunctionInfo) -> Returned | None:
    """A session that a generator opens, yields once and leaves open."""
    yields = [n for n in function.nodes if isinstance(n, (ast.Yield, ast.YieldFrom))]
    lent = yields[0] if len(yields) == 1 else None
    stmt = function.source.parent(lent) if lent is not None else None
    if not isinstance(lent, ast.Yield) or lent.value is None or not isinstance(stmt, ast.Expr):
        return None
    if any(last_name(decorator) not in _PLAIN for decorator in function.node.decorator_list):
        return None  # what a `with` has lent may be used behind it
    if _opens_own(program, lent.value):
        return Returned(function, stmt, lent.value)
    name = lent.value.id if isinstance(lent.value, ast.Name) else ""
    if not name or not bound_once(function, name) or closed(function, name):
        return None
    for body in bodies(function.node.body):
        for index, opening in enumerate(body):
            if isinstance(opening, (ast.Assign, ast.AnnAssign)) and opened_name(program, opening) == name:
                inside = any(stmt in ast.walk(follows) for follows in body[index + 1 :])
                if inside and _opens_own(program, opening.value) and not _is_kept(program, function, name, lent.value):
                    return Returned(function, stmt, lent.value, name, opening)
    return None


def _opens_own(program: Program, node: ast.expr | None) -> bool:
    """Whether an expression opens a session that nobody else has: not that of a generator, nor one of the tests."""
    return (
        node is not None
        and opens(program, node)
        and taken_session(program, node) is None
        and is_never_replaced(program, node)
    )


def _is_kept(program: Program, function: FunctionInfo, name: str, returned: ast.expr) -> bool:
    """Whether something besides the request may have a session: `request.state.db = db`, for a middleware that commits
    when the response is there, or a variable of the context."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load) or node is returned:
            continue
        user = function.source.parent(node)
        if node not in function.nodes or not isinstance(user, (ast.Attribute, ast.Call, ast.keyword)):
            return True
    return not goes_only_to(program, function, name, _keeps_nothing)


def _keeps_nothing(value: Value) -> bool:
    if isinstance(value, Fn):
        return not value.info.is_generator
    return isinstance(value, Ext) and value.name.startswith("sqlalchemy.")


def _last(function: FunctionInfo) -> tuple[list[ast.stmt], ast.stmt]:
    """The statement with which a function ends, and the `with` and `try` around it that handle no errors."""
    around: list[ast.stmt] = []
    last = function.node.body[-1]
    while isinstance(last, (ast.With, ast.AsyncWith)) or (
        isinstance(last, ast.Try) and not last.handlers and not last.orelse
    ):
        around.append(last)
        last = last.body[-1]
    return around, last


def _closes(program: Program, function: FunctionInfo, around: ast.stmt, name: str) -> bool:
    """Whether `with SessionLocal() as db:` or `finally: db.close()` ends the session that a function has opened."""
    if isinstance(around, (ast.With, ast.AsyncWith)):
        named = (i for i in around.items if isinstance(i.optional_vars, ast.Name) and i.optional_vars.id == name)
        return any(_opens_own(program, i.context_expr) for i in named)
    assert isinstance(around, ast.Try)
    at_its_end = {node for stmt in around.finalbody for node in ast.walk(stmt)}
    opened = [s for body in bodies(function.node.body) for s in body if opened_name(program, s) == name]
    if len(opened) != 1 or not all(c in at_its_end for c in closings(function, name)):
        return False
    assert isinstance(opened[0], (ast.Assign, ast.AnnAssign))
    return closed(function, name) and _opens_own(program, opened[0].value)
