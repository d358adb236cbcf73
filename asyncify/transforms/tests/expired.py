"""`session.expire_all()` in a test, and the objects that it reads afterwards.

Expired attributes load when they are read, which an async session cannot do: the object is refreshed in front of the
first statement that reads it. Source: SQLAlchemy, "Preventing Implicit IO when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has, objects
from asyncify.knowledge import names
from asyncify.model.ops import InsertStatements
from asyncify.transforms.tests.found import Work

_EXPIRING = frozenset({"expire_all", "expire"})


def plan_expired(work: Work) -> None:
    """Refresh in the functions of the tests that become async."""
    for function in sorted(work.changing, key=lambda f: (f.path, f.node.lineno)):
        fixtures = work.program.fixtures
        if fixtures.is_test(function) or fixtures.is_fixture(function):
            for body in _bodies(function.node):
                _body(work, function, work.source(function.path), body)


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for inner in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(inner, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body


def _body(work: Work, function: FunctionInfo, source: SourceFile, body: list[ast.stmt]) -> None:
    session = ""
    expired: set[str] | None = None  # None: every object of the session
    held: set[str] = set()
    done: set[str] = set()
    for statement in body:
        found = _expiring(work, statement)
        if found is not None:
            if not found.args and _outlives(work, found):
                _refresh_all(work, source, statement, found)
                continue
            session = source.segment(found.func.value)  # type: ignore[attr-defined]
            names_given = {a.id for a in found.args if isinstance(a, ast.Name)}
            expired = names_given if found.args else None
            held = _held(function, found)
            done = set()
            continue
        if not session:
            continue
        for name in dict.fromkeys(_read(work, statement)):
            if name not in done and name in held and (expired is None or name in expired):
                why = f"reading {name} after it expired would load it, which only works with await"
                work.edit(source.path, statement, InsertStatements(f"await {session}.refresh({name})", "before"), why)
            done.add(name)
        done |= set(_settled(statement))


def _held(function: FunctionInfo, call: ast.Call) -> set[str]:
    """The names of a function that have an object before a call."""
    assigned: dict[str, ast.expr | None] = {}
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < call.lineno:
            statement = function.source.statement(node)
            assigned[node.id] = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    empty = {name for name, value in assigned.items() if isinstance(value, ast.Constant)}
    return ({p.arg for p in function.parameters} | assigned.keys()) - empty


def _outlives(work: Work, call: ast.Call) -> bool:
    """Whether the session comes from a fixture that other tests use as well."""
    function = work.program.function_of(call)
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if function is None or not isinstance(owner, ast.Name):
        return False
    fixture = work.program.fixtures.find(function, owner.id)
    decorator = work.program.fixtures.decorators.get(fixture) if fixture is not None else None
    scopes = [k.value for k in decorator.keywords if k.arg == "scope"] if isinstance(decorator, ast.Call) else []
    return any(not (isinstance(s, ast.Constant) and s.value == "function") for s in scopes)


def _refresh_all(work: Work, source: SourceFile, statement: ast.stmt, call: ast.Call) -> None:
    """Objects of a session of many tests: fixtures keep them, and later tests read them."""
    assert isinstance(call.func, ast.Attribute)
    session = source.segment(call.func.value)
    error, imports = bring(work.program, source.path, "sqlalchemy.exc", "InvalidRequestError")
    suppress, more = bring(work.program, source.path, "contextlib", "suppress")
    name = free_name(work.program, source.path, "loaded")
    template = (
        f"for {name} in [*{session}]:\n"
        f"    with {suppress}({error}):  # its row is gone\n"
        f"        await {session}.refresh({name})\n"
    )
    why = "objects that outlive the test cannot load when a later test reads them"
    work.edit(source.path, statement, InsertStatements(template, "after"), why, (*imports, *more))


def _expiring(work: Work, statement: ast.stmt) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in _EXPIRING:
        return None
    return call if has(work.program.values(call.func.value), names.SESSION) else None


def _read(work: Work, statement: ast.stmt) -> Iterator[str]:
    """Names of mapped objects whose attributes a statement reads."""
    refreshed = set(_settled(statement, refresh_only=True))
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            mapped = any(work.program.orm.is_model(o.info) for o in objects(work.program.values(node.value)))
            if mapped and node.value.id not in refreshed:
                yield node.value.id


def _settled(statement: ast.stmt, refresh_only: bool = False) -> Iterator[str]:
    """Names that a statement refreshes or gives another object."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "refresh":
            yield from (a.id for a in node.args[:1] if isinstance(a, ast.Name))
        elif not refresh_only and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
