"""Lambdas that wait and that a library calls which awaits functions: `async def` in front of their statement.

Source: Starlette `_utils.is_async_callable`, by which a lambda is none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import count

from asyncify.analysis.bindings import free_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, InsertStatements, Op, Replace

BECAUSE = "an await cannot stand in a lambda"


def written_out_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """Each such lambda of a module."""
    source = module.source
    names = (free_name(program, module.path, f"later_{n}" if n > 1 else "later") for n in count(1))
    for node in source.nodes:
        if not isinstance(node, ast.Lambda) or node not in program.colouring.written_out:
            continue
        name = next(names)
        template = f"async def {name}({ast.unparse(node.args)}):\n    return $value\n"
        body = Hole("value", source.span(node.body))
        yield _edit(module, source.statement(node), InsertStatements(template, "before", (body,)))
        yield _edit(module, node, Replace(name))


def _edit(module: ModuleInfo, node: ast.AST, op: Op) -> Edit:
    return Edit("await", module.path, module.source.target(node), op, group="flip", because=BECAUSE)
