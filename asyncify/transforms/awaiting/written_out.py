"""Lambdas that wait and that a library calls which awaits functions: `async def` in front of their statement.

Source: Starlette `_utils.is_async_callable`, by which a lambda is none.

A dependency that takes the session of a generator, `Depends(lambda: next(get_db()))`, keeps the generator open until
the request has ended: see `lent_by_dependencies`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import count

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.generator_uses import stepped_generator
from asyncify.analysis.lent_by_dependencies import lent_by_lambda
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import Hole, InsertStatements, Op, Replace
from asyncify.transforms.awaiting.templates import arguments

BECAUSE = "an await cannot stand in a lambda"


def written_out_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """Each such lambda of a module."""
    source = module.source
    names = (free_name(program, module.path, f"later_{n}" if n > 1 else "later") for n in count(1))
    for node in source.nodes:
        if not isinstance(node, ast.Lambda) or node not in program.colouring.written_out:
            continue
        name = next(names)
        head, value = f"async def {name}({ast.unparse(node.args)}):\n    ", Hole("value", source.span(node.body))
        yield _edit(module, node, Replace(name))
        taken = lent_by_lambda(program, source, node)
        if taken is None:
            op = InsertStatements(f"{head}return $value\n", "before", (value,))
            yield _edit(module, source.statement(node), op)
        else:
            yield from _lent(program, module, source.statement(node), taken, head, value)


def _lent(
    program: Program, module: ModuleInfo, before: ast.stmt, taken: ast.Call, head: str, value: Hole
) -> Iterator[Edit]:
    """The session of a generator is there until the request has ended. head: that of the function."""
    call = stepped_generator(taken)
    assert isinstance(call, ast.Call)
    name = free_name(program, module.path, "session")
    manager, imports = bring(program, module.path, "contextlib", "asynccontextmanager")
    text, holes = arguments(module.source, call)
    opened = f"async with {manager}($f)({text}) as {name}"
    op = InsertStatements(
        f"{head}{opened}:\n        yield $value\n",
        "before",
        (Hole("f", module.source.span(call.func)), *holes, value),
    )
    yield _edit(module, before, op, imports)
    yield _edit(module, taken, Replace(name))


def _edit(module: ModuleInfo, node: ast.AST, op: Op, imports: tuple[Import, ...] = ()) -> Edit:
    return Edit("await", module.path, module.source.target(node), op, imports, (), group="flip", because=BECAUSE)
