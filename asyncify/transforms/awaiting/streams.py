"""Results in parts: `yield_per` and `stream_results` need the streaming methods of an async session.

Source: SQLAlchemy asyncio documentation, `AsyncSession.stream`; `execute` raises AsyncMethodRequired for these options.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.colouring import Colouring
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import RenameAttribute, SetAsync
from asyncify.transforms.awaiting.context import Context, context_of

STREAMING = {"execute": "stream", "scalars": "stream_scalars"}
OPTIONS = frozenset({"yield_per", "stream_results"})
ADVICE = "use `stream` or `stream_scalars` and `async for`, or leave the option out"


def stream_edits(program: Program, colouring: Colouring, module: ModuleInfo) -> Iterator[Edit | Finding]:
    """Loops over such results become `async for` over a stream; other uses are reported."""
    looped: set[ast.expr] = set()
    for node in module.source.nodes:
        if isinstance(node, ast.For) and _streams(program, colouring, node.iter):
            looped.add(node.iter)
            yield from _loop(program, colouring, module, node, SetAsync())
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
            found = [i for i, part in enumerate(node.generators) if _streams(program, colouring, part.iter)]
            looped.update(node.generators[i].iter for i in found)
            if found:
                yield from _loop(program, colouring, module, node, SetAsync(True, tuple(found)))
    for node in module.source.nodes:
        if isinstance(node, ast.Call) and node not in looped and _streams(program, colouring, node):
            message = "an async session refuses to run a statement with yield_per or stream_results at once"
            yield Finding("await", module.path, module.source.span(node), "yield-per", message, ADVICE)


def _streams(program: Program, colouring: Colouring, node: ast.expr) -> bool:
    """Whether a call runs a statement whose result comes in parts, and becomes awaited."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    if node.func.attr not in STREAMING or node not in colouring.points:
        return False
    if not has(program.values(node.func.value), names.SESSION, names.CONNECTION):
        return False
    return any(
        (isinstance(n, ast.keyword) and n.arg in OPTIONS) or (isinstance(n, ast.Attribute) and n.attr in OPTIONS)
        for argument in (*node.args, *node.keywords)
        for n in ast.walk(argument)
    )


def _loop(
    program: Program,
    colouring: Colouring,
    module: ModuleInfo,
    node: ast.For | ast.ListComp | ast.SetComp | ast.DictComp,
    op: SetAsync,
) -> Iterator[Edit]:
    if context_of(program, colouring, module, node) is not Context.AWAIT:
        return
    because = "the result comes in parts"
    iterables = [node.iter] if isinstance(node, ast.For) else [node.generators[i].iter for i in op.generators]
    for call in iterables:
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        rename = RenameAttribute(STREAMING[call.func.attr])
        yield Edit("await", module.path, module.source.target(call.func), rename, (), (), "flip", because)
    yield Edit("await", module.path, module.source.target(node), op, (), (), "flip", because)
