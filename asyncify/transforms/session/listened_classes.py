"""Session classes of a program with listeners: one that becomes an async class names a sync one, which has the events.

Source: SQLAlchemy asyncio, "Examples of Event Listeners with Async Engines / Sessions / Sessionmakers".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, ModuleInfo
from asyncify.analysis.twins import SYNC_SESSION_CLASS
from asyncify.analysis.values import Cls, Ext
from asyncify.knowledge import names
from asyncify.knowledge.engine_listeners import LISTENERS
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import InsertStatements, Op, Replace
from asyncify.transforms.session.subclasses import Role, role_of

BECAUSE = "events fire on the sync sessions inside"
_CLASS = '''\
class {name}({base}):
    """The session inside of {outer}, which has its events."""


'''


def listened_class_edits(program: Program) -> Iterator[Edit]:
    """The sync classes, and the listeners on them."""
    listened: dict[ClassInfo, None] = {}
    for path in sorted(program.modules):
        module = program.modules[path]
        for node in module.source.nodes_of(ast.Call):
            if not node.args or not any(isinstance(v, Ext) and v.name in LISTENERS for v in program.values(node.func)):
                continue
            for info in (v.info for v in program.values(node.args[0]) if isinstance(v, Cls)):
                if role_of(program, info) is Role.ASYNC and info.node in program.modules[info.path].source.tree.body:
                    listened[info] = None
                    yield _edit(module, node.args[0], Replace(f"$it.{SYNC_SESSION_CLASS}"))
    for info in listened:
        yield from _class(program, info, [one for one in program.classes.ancestors(info) if one in listened])


def _class(program: Program, info: ClassInfo, above: list[ClassInfo | Ext]) -> Iterator[Edit]:
    """The class inside of one. above: the classes over it that are listened to as well, the nearest first."""
    module = program.modules[info.path]
    wanted = [("sqlalchemy.orm", "Session"), ("sqlmodel", "Session")]
    bases = {base.name for base in program.classes.ancestors(info) if isinstance(base, Ext)}
    base, imports = bring(program, info.path, *wanted[names.SQLMODEL_SESSION in bases])
    over = next((one for one in above if one is not info), None)
    if isinstance(over, ClassInfo):  # its name is known where the class is a base
        written = next((ast.unparse(b) for b in info.node.bases if Cls(over) in program.values(b)), "")
        base, imports = (f"{written}.{SYNC_SESSION_CLASS}", ()) if written else (base, imports)
    name = free_name(program, info.path, f"Sync{info.name}")
    text = _CLASS.format(name=name, base=base, outer=info.name)
    yield _edit(module, info.node, InsertStatements(text, "before"), imports)
    yield _edit(module, info.node, InsertStatements(f"{SYNC_SESSION_CLASS} = {name}", "inside"))


def _edit(module: ModuleInfo, node: ast.AST, op: Op, imports: tuple[Import, ...] = ()) -> Edit:
    return Edit("session", module.path, module.source.target(node), op, imports, (), "flip", BECAUSE)
