"""The declarative bases of instances whose attributes are awaited get `AsyncAttrs`.

Source: SQLAlchemy asyncio, "Preventing Implicit IO when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from asyncify.analysis.async_attrs import MIXIN, DeclaredBase
from asyncify.analysis.bindings import bring
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit
from asyncify.model.ops import AddBase, EditCall, Op

BECAUSE = "attributes of its instances are awaited"


def mixin_edits(program: Program, bases: Collection[DeclaredBase]) -> Iterator[Edit]:
    """The edits, by file and place."""
    for base in sorted(bases, key=lambda b: (b.path, b.node.lineno)):
        if base.mixed:
            continue
        module, _, mixin = MIXIN.rpartition(".")
        name, imports = bring(program, base.path, module, mixin)
        op: Op = AddBase(name) if isinstance(base.node, ast.ClassDef) else EditCall(set=(("cls", name),))
        target = program.modules[base.path].source.target(base.node)
        yield Edit("await", base.path, target, op, imports, group="flip", because=BECAUSE)
