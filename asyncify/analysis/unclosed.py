"""Sessions that are opened and never closed, left to Python's garbage collector; most of them in test suites.

It gives the connection of a sync session back to the pool. That of an async session it can only terminate, with a
warning; and with the only connection an in-memory database is gone, for all tests that come later. Source: SQLAlchemy
`pool/base.py`, `_finalize_fairy`.

In an app, what a test puts in the place of a factory may be a session that all share, which must stay open: there only
`db = next(get_db())`, where the dependency says that the session is closed, and factories that no test replaces.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.forms import can_be_function
from asyncify.analysis.generator_uses import stepped_generator
from asyncify.analysis.lent_by_dependencies import is_dependency
from asyncify.analysis.nodes import last_name
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Fn, Value, has
from asyncify.knowledge import names


class Leak(Enum):
    """How a session gets lost."""

    LOCAL = "local"  # a name of a function, which ends
    GIVEN = "given"  # a fixture returns it, or yields it without a name
    OVERRIDE = "override"  # a dependency override returns a new one for each request


@dataclass(frozen=True)
class Unclosed:
    """One such session.

    place: the statement behind which it is closed, or before which; for what is returned, the return statement.
    name: the local name that holds it, or "". value: the expression that is returned, where it is. made: the argument
    of a call in that, which opens it, where it is not the value itself.
    """

    leak: Leak
    place: ast.stmt
    name: str
    value: ast.expr | None = None
    before: bool = False
    made: ast.Call | None = None


def unclosed_sessions(program: Program, module: ModuleInfo) -> Iterator[Unclosed]:
    """All of them in a file."""
    in_tests = is_test(module.path)
    overrides = program.overriding if in_tests else frozenset()
    for function in module.functions.values():
        if function.is_generator and (_closes_elsewhere(function) or not in_tests):
            continue
        if in_tests and (function in overrides or program.fixtures.is_fixture(function)):
            leak = Leak.OVERRIDE if function in overrides else Leak.GIVEN
            yield from _yielded(program, function, leak) if function.is_generator else _given(program, function, leak)
        yield from _locals(program, function, in_tests)


def _closes_elsewhere(function: FunctionInfo) -> bool:
    return any(isinstance(n, ast.YieldFrom) for n in function.nodes)


def opens(program: Program, node: ast.expr | None) -> bool:
    """Whether an expression opens a session: `SessionLocal()`, `Session(engine)`, `next(get_db())`."""
    if not isinstance(node, ast.Call) or not has(program.values(node), names.SESSION):
        return False
    called = program.values(node.func)
    if has(called, names.SCOPED_SESSION):
        return False
    if has(called, names.SESSIONMAKER):
        return True
    if any(isinstance(v, Ext) and v.name in (names.SESSION, names.SQLMODEL_SESSION) for v in called):
        return True
    return _takes(program, node)


def _takes(program: Program, node: ast.Call) -> bool:
    """`next(get_db())`."""
    made = stepped_generator(node) if len(node.args) < 2 else None
    return isinstance(made, ast.Call) and any(isinstance(v, Fn) for v in program.values(made.func))


def _given(program: Program, function: FunctionInfo, leak: Leak) -> Iterator[Unclosed]:
    """`return SessionLocal()` at the end, or `db = SessionLocal()` with `return db` at the end."""
    last = function.node.body[-1]
    returns = [n for n in function.nodes if isinstance(n, ast.Return)]
    if returns != [last] or not isinstance(last, ast.Return) or last.value is None:
        return
    if opens(program, last.value):
        yield Unclosed(leak, last, "", last.value)
    elif leak is Leak.OVERRIDE and (made := _handed_on(program, last.value)) is not None:
        yield Unclosed(leak, last, "", last.value, made=made)
    elif isinstance(last.value, ast.Name):
        name = last.value.id
        opened = [s for s in function.node.body if opened_name(program, s) == name]
        if len(opened) == 1 and not closed(function, name) and bound_once(function, name):
            yield Unclosed(leak, last, name, last.value)


def _handed_on(program: Program, value: ast.expr) -> ast.Call | None:
    """`return find_user(SessionLocal(), name)`: the session that a function of the program gets, and nobody else."""
    if not isinstance(value, ast.Call) or not program.calls(value):
        return None
    opened = [a for a in (*value.args, *(k.value for k in value.keywords)) if opens(program, a)]
    made = opened[0] if len(opened) == 1 else None
    plain = isinstance(made, ast.Call) and not made.args and not made.keywords
    return made if plain and isinstance(made, ast.Call) and has(program.values(made.func), names.SESSIONMAKER) else None


def _yielded(program: Program, function: FunctionInfo, leak: Leak) -> Iterator[Unclosed]:
    """`yield SessionLocal()`: what follows has no name for it."""
    yields = [n for n in function.nodes if isinstance(n, ast.Yield)]
    statements = [stmt for body in bodies(function.node.body) for stmt in body]
    for stmt in statements if len(yields) == 1 else ():
        if isinstance(stmt, ast.Expr) and stmt.value is yields[0] and opens(program, yields[0].value):
            yield Unclosed(leak, stmt, "", yields[0].value)


def _locals(program: Program, function: FunctionInfo, in_tests: bool) -> Iterator[Unclosed]:
    """`db = SessionLocal()` that nothing closes and that does not leave the function."""
    for body in bodies(function.node.body):
        for index, stmt in enumerate(body):
            name = opened_name(program, stmt)
            if not name:
                continue
            closes = in_tests or bool(taken_name(program, stmt))  # nobody else may have it
            if not closes and not is_never_replaced(program, getattr(stmt, "value", None)):
                continue
            rest = _what_follows(function, body, index)
            if not rest or closed(function, name) or not bound_once(function, name):
                continue
            if not _stays(program, function, name, rest) or not (closes or is_given_back(program, function, name)):
                continue
            last = rest[-1]
            leaves = isinstance(last, (ast.Return, ast.Raise))
            if isinstance(last, ast.Return) and last.value is not None and _mentions(last.value, name):
                continue
            yield Unclosed(Leak.LOCAL, last, name, before=leaves)


def is_given_back(program: Program, function: FunctionInfo, name: str) -> bool:
    """Whether a function gives back nothing that the session may have to load for, and hands it to nobody who keeps it.

    Functions end before their caller does; instances, threads and what is not known may keep it.
    """
    returned = [n.value for n in function.nodes if isinstance(n, ast.Return)]
    if not all(value is None or isinstance(value, ast.Constant) for value in returned):
        return False
    return goes_only_to(program, function, name, lambda value: isinstance(value, Fn) and not value.info.is_generator)


def goes_only_to(program: Program, function: FunctionInfo, name: str, lets_go: Callable[[Value], bool]) -> bool:
    """Whether what a function hands a local name to lets go of it in the end. lets_go: tells that of a callable."""
    for call in (n for n in function.nodes if isinstance(n, ast.Call)):
        given = [*call.args, *(k.value for k in call.keywords)]
        called = program.values(call.func)
        if any(isinstance(a, ast.Name) and a.id == name for a in given):
            if not called or not all(map(lets_go, called)):
                return False
    return True


def _what_follows(function: FunctionInfo, body: list[ast.stmt], index: int) -> list[ast.stmt]:
    """The statements that run behind one: also those behind a `try` around it, whose handlers do not come back."""
    rest = body[index + 1 :]
    for outer in bodies(function.node.body):
        for place, stmt in enumerate(outer):
            if isinstance(stmt, ast.Try) and stmt.body is body and not stmt.orelse and not stmt.finalbody:
                if all(isinstance(h.body[-1], (ast.Return, ast.Raise)) for h in stmt.handlers):
                    return [*rest, *outer[place + 1 :]]
    return rest


def is_never_replaced(program: Program, opening: ast.expr | None) -> bool:
    """Whether no test names the factory that opens a session as something to set, as `patch("app.db.Session")`."""
    name = last_name(opening.func) if isinstance(opening, ast.Call) else ""
    return bool(name) and name not in program.set_by_tests


def bodies(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    yield body
    for stmt in body:
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(stmt, block, None)
            if inner:
                yield from bodies(inner)


def opened_name(program: Program, stmt: ast.stmt) -> str:
    """The name in `name = SessionLocal()`, or ""."""
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1:
        target: ast.expr = stmt.targets[0]
    elif isinstance(stmt, ast.AnnAssign):
        target = stmt.target
    else:
        return ""
    return target.id if isinstance(target, ast.Name) and opens(program, stmt.value) else ""


def taken_name(program: Program, stmt: ast.stmt) -> str:
    """The name in `name = next(get_db())`, or ""."""
    value = stmt.value if isinstance(stmt, (ast.Assign, ast.AnnAssign)) else None
    return opened_name(program, stmt) if isinstance(value, ast.Call) and _takes(program, value) else ""


def _stays(program: Program, function: FunctionInfo, name: str, rest: list[ast.stmt]) -> bool:
    """Whether a name is used in these statements only, is left at their end only, and is not kept by anything else."""
    inside = {n for stmt in rest for n in ast.walk(stmt)}
    if any(isinstance(n, ast.Return) and n in inside and n is not rest[-1] for n in function.nodes):
        return False
    keeps = function.has_inner and not program.fixtures.is_test(function) and not function.is_generator
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            if node not in inside or (keeps and node not in function.nodes):
                return False
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name:
            return False  # it has another name, or an object keeps it
    return True


def bound_once(function: FunctionInfo, name: str) -> bool:
    """A name that is global, or bound twice, may hold what somebody else closes."""
    stores = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)]
    return len(stores) == 1 and name in function.local_names


def closed(function: FunctionInfo, name: str) -> bool:
    """Whether a session is closed somewhere in a function, or entered."""
    return any(True for _ in closings(function, name))


def closings(function: FunctionInfo, name: str) -> Iterator[ast.AST]:
    """What closes a session somewhere in a function, or enters it: an attribute, or an item of a `with`."""
    for node in ast.walk(function.node):
        closes = isinstance(node, ast.Attribute) and node.attr in ("close", "remove", "__exit__")
        closes = closes and not isinstance(function.source.parent(node), ast.Expr)  # `db.close` alone does nothing
        said = node.context_expr if isinstance(node, ast.withitem) else node if closes else None
        if said is not None and _mentions(said, name):
            yield node


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


def opening_lambdas(program: Program, module: ModuleInfo) -> Iterator[ast.Lambda]:
    """`app.dependency_overrides[get_db] = lambda: SessionLocal()`, where `get_db` becomes async, and in an app
    `Depends(lambda: SessionLocal())`."""
    found: list[ast.expr] = []
    for key, value in override_entries(module.source) if is_test(module.path) else ():
        if any(isinstance(v, Fn) and v.info in program.colouring.becomes_async for v in program.values(key)):
            found.append(value)
    for node in module.source.nodes_of(ast.Lambda) if not is_test(module.path) else ():
        if is_dependency(program, module.source, node) and is_never_replaced(program, node.body):
            found.append(node)
    for value in found:
        if isinstance(value, ast.Lambda) and not ast.unparse(value.args) and opens(program, value.body):
            kept = program.function_of(value) in program.colouring.kept
            if not kept and value not in program.colouring.written_out and can_be_function(module.source, value):
                yield value


def overriding(program: Program) -> frozenset[FunctionInfo]:
    """The functions of tests that only stand in the place of a dependency."""
    found: set[FunctionInfo] = set()
    for path, module in program.modules.items():
        for _, value in override_entries(module.source) if is_test(path) else ():
            found |= {v.info for v in program.values(value) if isinstance(v, Fn)}
    called = {t.info for targets in program.facts.calls.values() for t in targets}
    return frozenset(found - called)


def set_by_tests(program: Program) -> frozenset[str]:
    """Last parts of the names that tests set from outside, by attribute or in a text."""
    found: set[str] = set()
    for path, module in program.modules.items():
        if not is_test(path):
            continue
        for node in module.source.nodes_among(frozenset({ast.Attribute, ast.Constant})):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value.rpartition(".")[2])
    return frozenset(found)
