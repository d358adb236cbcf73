"""What else gives legacy queries, where they stay: bound methods, own session classes, what `query_property()` made.

Source: SQLAlchemy asyncio, `AsyncSession.sync_session` and `sync_session_class`; `scoped_session.query_property`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.mock_origins import is_mocked
from asyncify.analysis.program import Program
from asyncify.analysis.query_properties import QueryProperty
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Fn, has
from asyncify.knowledge import names
from asyncify.knowledge.api import form_of
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements, Op, Replace
from asyncify.transforms.awaiting.queries import flips, inside
from asyncify.transforms.session.subclasses import Role, role_of

PROPERTY = '''\
class NAME:
    """`Model.ATTRIBUTE`: a legacy query on the sync session inside the async one."""

    def __get__(self, instance, owner):
        return QUERY
'''


def legacy_query_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """Edits that have queries made on the sync session."""
    for node in module.source.nodes_of(ast.Attribute):
        if _is_of_sync_session(program, module, node) and flips(program, module, node):
            yield inside(program, module, node.value)
    for call in module.source.nodes_of(ast.Call):
        if _asks_for_query(program, call) and flips(program, module, call):
            yield inside(program, module, call.args[0])
    for made in program.query_properties.all:
        if made.path == module.path and made.call is not None:
            yield from _by_hand(program, module, made, made.call)


def _is_of_sync_session(program: Program, module: ModuleInfo, node: ast.Attribute) -> bool:
    """Whether a member is one of sync sessions only: `db.query` that is not called here, or a method of an own class
    that works inside of the async session."""
    if not isinstance(node.ctx, ast.Load) or not has(program.values(node.value), names.SESSION):
        return False
    if node.attr == "query":
        call = module.source.parent(node)
        made_here = isinstance(call, ast.Call) and call.func is node and has(program.values(call), names.QUERY)
        return not made_here and not is_mocked(program, module.path, node.value)
    classes = {v.info.cls for v in program.values(node) if isinstance(v, Fn)} - {None}
    return form_of(names.SESSION, node.attr) is None and any(
        cls is not None and role_of(program, cls) is Role.INSIDE for cls in classes
    )


def _asks_for_query(program: Program, call: ast.Call) -> bool:
    """`getattr(db, "query")`."""
    return (
        Ext("builtins.getattr") in program.values(call.func)
        and len(call.args) > 1
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value == "query"
        and has(program.values(call.args[0]), names.SESSION)
    )


def _by_hand(program: Program, module: ModuleInfo, made: QueryProperty, call: ast.Call) -> Iterator[Edit]:
    """`Base.query = db_session.query_property()`, which an async scoped session cannot make."""
    name = free_name(program, module.path, "ModelQuery")
    session = f"{ast.unparse(made.session)}().sync_session"
    query = f"{session}.query(owner)"
    if made.query_class is not None:
        query = f"{ast.unparse(made.query_class)}(owner, session={session})"
    text = PROPERTY.replace("NAME", name).replace("ATTRIBUTE", made.name).replace("QUERY", query)
    top: ast.AST = made.statement
    while (above := module.source.parent(top)) is not None and not isinstance(above, ast.Module):
        top = above
    yield _edit(module, top, InsertStatements(text.rstrip(), "before"))
    yield _edit(module, call, Replace(f"{name}()"))


def _edit(module: ModuleInfo, node: ast.AST, op: Op) -> Edit:
    because = "an async scoped session has no query_property()"
    return Edit("await", module.path, module.source.target(node), op, group="flip", because=because)
