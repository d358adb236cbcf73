"""Instances that a route sends as they are right behind a commit, which has expired them.

Without a model FastAPI sends what an instance holds: nothing after a commit of a sync session, all of its columns after
one of an async session, which expires nothing. So it does where the model is the table itself, as a class of SQLModel
can be. Source: `fastapi.encoders.jsonable_encoder`, which takes `vars(obj)`; pydantic 2, which serializes an instance
of the same class from its `__dict__`; SQLAlchemy, "Session Basics", "Committing".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.evaluated import comes_before
from asyncify.analysis.expiry.events import commits_expire
from asyncify.analysis.orm import Column
from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.program import Program
from asyncify.analysis.pydantic_version import installs_pydantic_1
from asyncify.analysis.routes import Route
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Obj, objects
from asyncify.model.edit import Finding
from asyncify.transforms.eager.session_calls import is_construction, session_call

EXPIRED = "after the commit `{}` was sent without its columns, and is sent with them now"
EXPIRED_ADVICE = "nothing, if that was meant; `response_model` says what is sent"
PARTIAL = "after the commit a read loaded all columns of `{}`, and now those are not sent that it was made without"
PARTIAL_ADVICE = "refresh it behind the commit"


def sent_expired(program: Program, routes: list[Route]) -> Iterator[Finding]:
    """One finding for each place that gives such an instance to a route that has no model but the table."""
    if not commits_expire(program):
        return
    for route in routes:
        if (route.response is None and not _has_model(route)) or _is_row(program, route):
            for function, node in dict.fromkeys(_given(program, route.function, ())):
                message, advice = _said(program, function, node) or ("", "")
                if message:
                    span = function.source.span(node)
                    text = message.format(node.id)
                    yield Finding("eager", function.path, span, "sent-expired", text, advice)


def _has_model(route: Route) -> bool:
    return any(k.arg in ("response_model", "response_class") for k in route.call.keywords)


def _is_row(program: Program, route: Route) -> bool:
    """Whether the response model is a mapped class, or a list of one. Pydantic 1 read it again, and loaded it."""
    if route.response is None or installs_pydantic_1(program):
        return False
    expression, path = route.response
    names = (n for n in ast.walk(expression) if isinstance(n, (ast.Name, ast.Attribute)))
    found = (program.names.resolve_expression(path, name) for name in names)
    return any(isinstance(one, ClassInfo) and program.orm.is_model(one) for one in found)


def _given(
    program: Program, function: FunctionInfo, seen: tuple[FunctionInfo, ...]
) -> Iterator[tuple[FunctionInfo, ast.Name]]:
    """The names that a function returns, itself or through one that it calls."""
    for statement in function.nodes:
        if not isinstance(statement, ast.Return) or statement.value is None or function in seen:
            continue
        for node in _parts(statement.value):
            if isinstance(node, ast.Name):
                yield function, node
                node = _only_value(function, node) or node
            if isinstance(node, ast.Call):
                for called in program.calls(node):
                    yield from _given(program, called.info, (*seen, function))


def _only_value(function: FunctionInfo, node: ast.Name) -> ast.expr | None:
    """The one call whose result a name is, where nothing but a node uses it."""
    used = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == node.id and n is not node]
    statement = function.source.statement(used[0]) if len(used) == 1 else None
    if not isinstance(statement, ast.Assign) or statement.targets != used:
        return None
    return statement.value.value if isinstance(statement.value, ast.Await) else statement.value


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """What of an expression is sent as it is."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _parts(value)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for value in node.elts:
            yield from _parts(value)
    else:
        yield node.value if isinstance(node, ast.Await) else node


def _said(program: Program, function: FunctionInfo, node: ast.Name) -> tuple[str, str] | None:
    """What is said of an instance for which nothing but a read has been done since a commit just above."""
    values = program.values(node)
    found = [o for o in objects(values) if program.orm.is_model(o.info)]
    commits = [n for n in function.nodes if session_call(program, n, "commit") and _above(n, node)]
    last = max(commits, key=lambda n: getattr(n, "lineno", 0), default=None)
    if not found or len(found) < len(values):  # others may give it something else
        return None
    left = _left_behind(function.source, last, node) if last is not None else None
    if last is None or left is None:
        return None
    later = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == node.id and _above(last, n)]
    later = [n for n in later if n not in left]
    if later == [node]:
        return EXPIRED, EXPIRED_ADVICE
    taken = [function.source.holder(n) for n in later]
    if any(isinstance(n, ast.Call) for n in taken) or not all(_lacks(program, o) for o in found):
        return None
    return PARTIAL, PARTIAL_ADVICE


def _left_behind(source: SourceFile, first: ast.AST, second: ast.AST) -> set[ast.AST] | None:
    """What does not run where the second of two places does: handlers that leave the function. None where the first
    need not have run by then."""
    left: set[ast.AST] = set()
    statement: ast.AST = source.statement(first)
    while not comes_before(source, statement, second):
        outer = source.parent(statement)
        if isinstance(outer, ast.Try) and statement in outer.body:
            if not all(isinstance(handler.body[-1], (ast.Return, ast.Raise)) for handler in outer.handlers):
                return None
            left |= {n for handler in outer.handlers for n in ast.walk(handler)}
        elif not isinstance(outer, (ast.With, ast.AsyncWith)):
            return None
        statement = outer
    return left


def _lacks(program: Program, made: Obj) -> bool:
    """Whether a constructor call leaves out a column for which there is no default."""
    site = made.origin.site if made.origin is not None and not made.origin.steps else None
    if not isinstance(site, ast.Call) or not is_construction(program, site) or site.args:
        return False
    given = {keyword.arg for keyword in site.keywords}
    keys = primary_key(program, made.info)
    filled = (name for name, c in program.orm.columns(made.info).items() if name not in keys and not _has_default(c))
    return None not in given and any(name not in given for name in filled)


def _has_default(column: Column) -> bool:
    return any(column.keyword(name) is not None for name in ("default", "default_factory", "insert_default"))


def _above(first: ast.AST, second: ast.AST) -> bool:
    return getattr(first, "lineno", 0) < getattr(second, "lineno", 0)
