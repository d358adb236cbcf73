"""`engine.execute(...)` of SQLAlchemy 1.4: the statement around it gets a connection, and a transaction, of its own.

Source: "Migrating to SQLAlchemy 2.0", "Implicit and Connectionless Execution": it commits by itself, as `begin()` does.
What else only engines of 1.4 have is left, with a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.dotted import root_of
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.points import PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import Hole, Op, Replace, ReplaceStatement
from asyncify.model.span import Place
from asyncify.transforms.awaiting.context import Context
from asyncify.transforms.awaiting.templates import arguments

_RUNS = frozenset({"execute", "scalar"})
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)
_LATER = (ast.Lambda, ast.GeneratorExp)


def is_connectionless(program: Program, node: ast.Call) -> bool:
    """Whether a call asks an engine for what an async one has not."""
    return isinstance(node.func, ast.Attribute) and has(program.values(node.func.value), names.ENGINE)


def connectionless(program: Program, module: ModuleInfo, node: ast.Call, context: Context) -> Iterator[Edit | Finding]:
    """The edits that open a connection for the statement around it, or a finding."""
    assert isinstance(node.func, ast.Attribute)
    source = module.source
    stmt, raw = source.statement(node), _is_raw(node)
    if context is not Context.AWAIT or raw is None or not _is_alone(program, module, node, stmt):
        message = f"an async engine has no {node.func.attr}()"
        advice = "open a connection: async with engine.begin() as conn: await conn.execute(text(...))"
        yield Finding("await", module.path, source.span(node), "engine-execute", message, advice)
        return
    name = free_name(program, module.path, "conn")
    text, holes = arguments(source, node)
    call = f"await {name}.{'exec_driver_sql' if raw else node.func.attr}({text})"
    if raw and node.func.attr == "scalar":
        call = f"({call}).scalar()"
    outer: Op = ReplaceStatement(
        f"async with {source.segment(node.func.value)}.begin() as {name}:\n    $body",
        (Hole("body", source.span(stmt), Place.STATEMENT, source.span(stmt)),),
    )
    for target, op in ((node, Replace(call, holes)), (stmt, outer)):
        because = "an async engine executes nothing without a connection"
        yield Edit("await", module.path, source.target(target), op, (), (), "flip", because)


def is_driver_sql(program: Program, node: ast.Call) -> bool:
    """Whether a connection of SQLAlchemy 1.4 executes a string: its async one is a connection of 2.0, and does not.

    With 2.0 the sync one does not either: what catches its error goes on doing so.
    Source: "Migrating to SQLAlchemy 2.0", "Use of plain strings": `exec_driver_sql` sends it as it is.
    """
    func = node.func
    if not isinstance(func, ast.Attribute) or func.attr != "execute" or not _is_raw(node):
        return False
    if not has(program.values(func.value), names.CONNECTION):
        return False
    version = read_dependencies(program.workspace.files).sqlalchemy
    return version is None or version < (2,)


def _is_raw(node: ast.Call) -> bool | None:
    """Whether a statement is a string, which goes to the driver as it is; None where nobody can say."""
    if node.keywords or not 1 <= len(node.args) <= 2 or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    first = node.args[0]
    if isinstance(first, (ast.Constant, ast.JoinedStr)):
        return True
    return False if isinstance(first, ast.Call) else None


def _is_alone(program: Program, module: ModuleInfo, node: ast.Call, stmt: ast.stmt) -> bool:
    """Whether the statement is a simple one that does this once, and at once, with an engine that has a name."""
    assert isinstance(node.func, ast.Attribute)
    if not isinstance(stmt, _SIMPLE) or node.func.attr not in _RUNS or root_of(node.func.value) == "":
        return False
    points = program.colouring.points
    inside = [n for n in ast.walk(stmt) if n in points and points[n].kind is PointKind.ABSENT]
    later = any(node in ast.walk(n) for n in ast.walk(stmt) if isinstance(n, _LATER))
    return inside == [node] and not later
