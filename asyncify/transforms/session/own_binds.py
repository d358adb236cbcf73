"""Session classes that choose the engine of each statement: `get_bind()` runs inside, and gives sync engines.

Source: SQLAlchemy asyncio, `AsyncSession.get_bind`, where `engines["leader"].sync_engine` is returned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.session.subclasses import Role, role_of

GET_BIND = "get_bind"
BECAUSE = "the session inside of an async one works with the sync engine inside"


def own_bind_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """The engines that such methods of a module return."""
    for info in module.classes.values():
        method = info.methods.get(GET_BIND)
        if method is None or role_of(program, info) is not Role.INSIDE:
            continue
        for node in method.nodes:
            for engine in _alternatives(node.value) if isinstance(node, ast.Return) and node.value else ():
                if _is_engine(program, engine):
                    target = module.source.target(engine)
                    yield Edit("session", module.path, target, Replace("$it.sync_engine"), (), (), "flip", BECAUSE)


def _is_engine(program: Program, node: ast.expr) -> bool:
    """Whether an expression gives an engine that becomes async: not what the session itself holds or finds, which is
    inside already."""
    if program.colouring.twins.stays_sync(node) or not has(program.values(node), names.ENGINE):
        return False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == GET_BIND:
        return False
    return not (isinstance(node, ast.Attribute) and node.attr == "bind")


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions of which one is the value of another."""
    if isinstance(node, ast.IfExp):
        yield from (*_alternatives(node.body), *_alternatives(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (inner for value in node.values for inner in _alternatives(value))
    else:
        yield node
