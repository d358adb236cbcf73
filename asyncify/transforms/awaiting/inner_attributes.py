"""Attributes that only the sync engine or connection inside has: `connection.name = "x"`, `engine.logger`.

`AsyncEngine` and `AsyncConnection` have slots: what is not theirs can be neither read nor set on them. An
`AsyncSession` takes any attribute, so those that people keep on a session stay where they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.alembic_connections import shared_connections
from asyncify.analysis.points import PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.api import ATTRIBUTES, INSIDE, form_of
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace


def attribute_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """`x.name` to `x.sync_connection.name`, where the async object has no such attribute; what is given to Alembic."""
    source = module.source
    for path, given, kind in shared_connections(program, module.path):
        because = f"Alembic works on the {INSIDE[kind].replace('_', ' ')} inside"
        op = Replace(f"$it.{INSIDE[kind]}")
        yield Edit("await", path, source.target(given), op, group="flip", because=because)
    for call in source.nodes_of(ast.Call):
        if _gives_sync_bind(program, module, call):
            because = "get_bind() of an async session gives the sync engine inside"
            op = Replace("$s.bind", (Hole("s", source.span(call.func.value)),))  # type: ignore[attr-defined]
            yield Edit("await", module.path, source.target(call), op, group="flip", because=because)
    for node in source.nodes:
        if not isinstance(node, ast.Attribute) or program.function_of(node) in program.colouring.kept:
            continue
        parent = source.parent(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            continue  # methods are looked at where calls are
        inner = _inner(program, node)
        if inner:
            because = f"the async object has no `{node.attr}`, the sync one inside has"
            op = Replace(f"$it.{inner}")
            yield Edit("await", module.path, source.target(node.value), op, group="flip", because=because)


def _gives_sync_bind(program: Program, module: ModuleInfo, call: ast.Call) -> bool:
    """`engine = session.get_bind()`, tables that are created on it, sessions and factories that are made with it, and
    functions that become async and are given it. Elsewhere the sync engine is what is wanted."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr != "get_bind" or call.args or call.keywords:
        return False
    if not _takes_async_engine(program, module.source.holder(call), call):
        return False
    if program.function_of(call) in program.colouring.kept:
        return False
    return has(program.values(func.value), names.SESSION) and has(program.values(call), names.ENGINE, names.CONNECTION)


def _takes_async_engine(program: Program, parent: ast.AST | None, given: ast.Call) -> bool:
    if not isinstance(parent, ast.Call) or given is parent.func:
        return isinstance(parent, (ast.Assign, ast.AnnAssign))
    point = program.colouring.points.get(parent)
    if point is not None and point.kind is PointKind.DDL:
        return True
    if has(program.values(parent), names.SESSIONMAKER, names.SESSION):
        return True
    return any(target.info in program.colouring.becomes_async for target in program.calls(parent))


def _inner(program: Program, node: ast.Attribute) -> str:
    """The name of the sync object inside that an attribute is asked of, or "" where there is none or need not be."""
    values = program.values(node.value)
    owners = [owner for owner in (names.ENGINE, names.CONNECTION, names.SESSION) if has(values, owner)]
    if not owners or any(o not in INSIDE for o in owners):
        return ""
    if any(node.attr in ATTRIBUTES[o] or form_of(o, node.attr) is not None for o in owners):
        return ""
    return INSIDE[owners[0]] if len(owners) == 1 else ""
