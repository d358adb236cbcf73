"""Sessions that a function of an app opens and never closes, and that nothing needs once the function has returned.

A route is the last of them to read: FastAPI sends what it returns, and async code cannot load anything then. Closing it
there is what garbage collection did, which cannot do so for an async session (see `unclosed`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from asyncify.analysis.evaluated import ahead, behind, block_of
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.handed_sessions import keeps_session
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.unclosed import (
    bodies,
    bound_once,
    closed,
    closings,
    goes_only_to,
    is_given_back,
    is_never_replaced,
    opened_name,
    taken_name,
    unclosed_sessions,
)
from asyncify.analysis.values import Cls, Ext, Fn, Value, has
from asyncify.knowledge import names


@dataclass(frozen=True)
class LeftOpen:
    """One such session: the statement that opens it, the name that holds it, and the expression that opens it.

    taken: whether it comes from a dependency, as in `next(get_db())`. ends: whether it can be closed where the block
    ends that follows; else it may be needed later. closings: calls that close it on some of the ways out, as the last
    statement there.
    """

    stmt: ast.Assign | ast.AnnAssign
    name: str
    value: ast.expr
    taken: bool
    ends: bool
    closings: tuple[ast.Expr, ...] = ()


def sessions_left_open(
    program: Program, module: ModuleInfo, answering: Collection[FunctionInfo]
) -> Iterator[LeftOpen]:
    """All of them in a file of an app. answering: the functions of routes."""
    if is_test(module.path):
        return
    known = {(program.function_of(u.place), u.name) for u in unclosed_sessions(program, module)}
    known |= {(one.function, one.name) for one in program.returned_sessions[module.path]}
    for function in module.functions.values():
        for body in bodies(function.node.body) if not function.is_generator else ():
            for index, stmt in enumerate(body):
                name = opened_name(program, stmt)
                if not name or (function, name) in known or not bound_once(function, name):
                    continue
                plain = _plain_closings(function, name)
                if closed(function, name) and not (plain and _may_leave_open(function, body, index, plain)):
                    continue
                taken = bool(taken_name(program, stmt))
                assert isinstance(stmt, (ast.Assign, ast.AnnAssign)) and stmt.value is not None
                if not taken and not is_never_replaced(program, stmt.value):
                    continue
                done = _is_sent if function in answering else is_given_back
                ends = _stays_here(function, name, body[index + 1 :]) and done(program, function, name)
                if ends or not plain:
                    last = tuple(c for c in plain if _ends_way(function, c))
                    yield LeftOpen(stmt, name, stmt.value, taken, ends, last)


def _plain_closings(function: FunctionInfo, name: str) -> list[ast.Expr]:
    """The statements `db.close()` of a function; none where anything else closes or enters the session."""
    found = [_plain_closing(function, node, name) for node in closings(function, name)]
    plain = [statement for statement in found if statement is not None]
    return plain if len(plain) == len(found) else []


def _plain_closing(function: FunctionInfo, node: ast.AST, name: str) -> ast.Expr | None:
    """`db.close()`, a statement of the function itself that stands in no `finally`."""
    call = function.source.parent(node)
    statement = function.source.parent(call) if isinstance(call, ast.Call) and not call.args else None
    if not isinstance(node, ast.Attribute) or node.attr != "close" or getattr(node.value, "id", "") != name:
        return None
    if not isinstance(statement, ast.Expr) or statement not in function.nodes:
        return None
    inner: ast.AST = statement
    while inner is not function.node and (outer := function.source.parent(inner)) is not None:
        if isinstance(outer, ast.Try) and inner in outer.finalbody:
            return None
        inner = outer
    return statement


def _may_leave_open(
    function: FunctionInfo, body: list[ast.stmt], index: int, plain: Collection[ast.Expr]
) -> bool:
    """Whether a function may leave the statements behind one without having closed the session."""
    inside = {n for stmt in body[index + 1 :] for n in ast.walk(stmt)}
    exits = [n for n in function.nodes if isinstance(n, (ast.Return, ast.Raise)) and n in inside]
    return any(not _is_behind(function, node, body, plain) for node in exits)


def _is_behind(function: FunctionInfo, node: ast.stmt, body: list[ast.stmt], plain: Collection[ast.Expr]) -> bool:
    """Whether one of some statements stands before another, in its block or in one around it."""
    inner: ast.AST | None = node
    while inner is not None and inner is not function.node:
        if any(statement in plain for statement in ahead(function.source, inner)):
            return True
        if block_of(function.source, inner) is body:
            return False
        inner = function.source.parent(inner)
    return False


def _ends_way(function: FunctionInfo, closing: ast.Expr) -> bool:
    """Whether a statement is the last of a function, or the last before one that leaves it."""
    rest = behind(function.source, closing)
    leaves = isinstance(rest[0], (ast.Return, ast.Raise)) if rest else function.source.parent(closing) is function.node
    return leaves and len(block_of(function.source, closing)) > 1


def _stays_here(function: FunctionInfo, name: str, rest: list[ast.stmt]) -> bool:
    """Whether a name is read in these statements only, by the function itself, and gets no other name."""
    inside = {n for stmt in rest for n in ast.walk(stmt)}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            if node not in inside or node not in function.nodes:
                return False
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Name):
            if node.value.id == name:
                return False
    return bool(rest)


def _is_sent(program: Program, function: FunctionInfo, name: str) -> bool:
    """Whether a route is done with a session when it returns: nothing that runs later was given it."""
    for node in function.nodes:
        if isinstance(node, ast.Return) and node.value is not None and has(program.values(node.value), names.SESSION):
            return False
    return goes_only_to(program, function, name, _ends_with_its_caller)


def _ends_with_its_caller(value: Value) -> bool:
    """Whether what is called keeps a session no longer than the function that calls it."""
    if isinstance(value, Fn):
        return not value.info.is_generator
    return isinstance(value, Cls) or (isinstance(value, Ext) and not keeps_session(value.name))
