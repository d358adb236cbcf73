"""New instances that their maker loads again: what it gave them is by then what the database makes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from asyncify.analysis.evaluated import behind
from asyncify.analysis.expiry.events import Effect, event_of
from asyncify.analysis.mock_calls import arguments
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo

LEAVING = (ast.Return, ast.Yield, ast.YieldFrom)


def settled_line(program: Program, function: FunctionInfo, made: ast.Call) -> int | None:
    """The line of a function in which an instance that a call of its class makes is refreshed, in every run that
    returns; None where that is not sure. Source: SQLAlchemy "Session API", `Session.refresh`."""
    statement = function.source.statement(made)
    name = _name_of(statement)
    value = getattr(statement, "value", None)
    if not name or value is not made:
        return None
    found = _refresh(program, behind(function.source, statement), name, frozenset({function}))
    return found.lineno if found is not None else None


def _refresh(program: Program, block: Iterable[ast.stmt], name: str, seen: frozenset[FunctionInfo]) -> ast.stmt | None:
    """The statement of a block that refreshes what is under a name, itself or in a function that it calls. seen: the
    functions in which that is asked already."""
    for statement in block:
        if isinstance(statement, (ast.Try, ast.With, ast.AsyncWith)):
            handlers = statement.handlers if isinstance(statement, ast.Try) else []
            inner = _refresh(program, statement.body, name, seen)
            if inner is not None and all(isinstance(handler.body[-1], ast.Raise) for handler in handlers):
                return inner
        elif _refreshes(program, getattr(statement, "value", None), name, seen):
            return statement
        nodes = list(ast.walk(statement))
        stored = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in nodes)
        if stored or any(isinstance(node, LEAVING) for node in nodes):
            return None
    return None


def _refreshes(program: Program, value: ast.expr | None, name: str, seen: frozenset[FunctionInfo]) -> bool:
    """Whether a call loads all of an instance again, or hands it to functions that do."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return False
    event = event_of(program, call)
    if event is not None:
        return event.effect is Effect.LOADS and event.path == name and not event.attributes
    given = [(f, p.arg) for f, p, v in arguments(program, call) if isinstance(v, ast.Name) and v.id == name]
    return bool(given) and all(
        function not in seen and _refresh(program, function.node.body, parameter, seen | {function}) is not None
        for function, parameter in given
    )


def _name_of(statement: ast.stmt) -> str:
    """The one name that a statement assigns to."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    target = targets[0] if len(targets) == 1 else None
    return target.id if isinstance(target, ast.Name) and isinstance(statement, (ast.Assign, ast.AnnAssign)) else ""
