"""Factories of other packages that the configuration names: nobody here can make them give async sessions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Finding


def told_factories(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """The first use of each in a file that becomes async; on a second run nothing does, and it is settled."""
    told = {name for name in program.overrides.sessions if isinstance(name, str)}
    if not told or not any(f in program.colouring.becomes_async for f in module.functions.values()):
        return
    for node in module.source.nodes:
        if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
            continue
        for name in {canonical(v.name) for v in program.values(node) if isinstance(v, Ext)} & told:
            told.discard(name)
            yield Finding(
                "await",
                module.path,
                module.source.span(node),
                "told-factory",
                f"what {name} gives is awaited now, and it is not in this repository",
                "make it give an AsyncSession, or name another in session-factories of [tool.asyncify]",
            )
