"""Tables that are read from the database: `Table(..., autoload_with=engine)`, `Base.prepare(autoload_with=engine)`.

Source: SQLAlchemy "Reflecting Database Objects", "Automap"; asyncio, "Using the Inspector".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.points import PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.reflection import reflects_with
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge.api import INSIDE
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.awaiting.entry import RUN, Helpers
from asyncify.transforms.awaiting.templates import spawn

BECAUSE = "tables are read with the sync engine inside, in SQLAlchemy's greenlet"


def reflection_edits(program: Program, module: ModuleInfo, helpers: Helpers) -> Iterator[Edit]:
    """In functions that wait, and at import: in modules and class bodies."""
    source = module.source
    for node in source.nodes:
        point = program.colouring.points.get(node)
        if point is None or point.kind is not PointKind.REFLECT or not isinstance(node, ast.Call):
            continue
        imported = program.function_of(node) is None
        context = context_of(program, program.colouring, module, node)
        if not imported and context not in (Context.AWAIT, Context.BRIDGE):
            continue
        argument = reflects_with(program, node)
        for owner, inner in INSIDE.items():
            if argument is not None and has(program.values(argument), owner):
                yield _edit(module, argument, Replace(f"$it.{inner}"))
        if imported or context is Context.AWAIT:
            name, imports = bring(program, module.path, "sqlalchemy.util", "greenlet_spawn")
            op = spawn(source, node, name)
            if imported:
                yield from helpers.add(RUN, node, BECAUSE)
                op = Replace(f"{helpers.name(RUN)}({op.template.removeprefix('await ')})", op.holes)
            target = source.target(node)
            yield Edit("await", module.path, target, op, imports, group="flip", because=BECAUSE)


def _edit(module: ModuleInfo, node: ast.expr, op: Replace) -> Edit:
    return Edit("await", module.path, module.source.target(node), op, group="flip", because=BECAUSE)
