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
from asyncify.transforms.awaiting.stream_options import OPTIONS, StreamOptions

STREAMING = {"execute": "stream", "scalars": "stream_scalars"}
ADVICE = "use `stream` or `stream_scalars` and `async for`, or leave the option out"


def stream_edits(
    program: Program, colouring: Colouring, module: ModuleInfo, options: StreamOptions
) -> Iterator[Edit | Finding]:
    """Loops over such results become `async for` over a stream; other uses do without the options."""

    def streams(node: ast.expr) -> bool:
        return _streams(program, colouring, options, node)

    looped: set[ast.expr] = set()
    for node in module.source.nodes:
        if isinstance(node, ast.For) and streams(node.iter):
            looped.add(node.iter)
            yield from _loop(program, colouring, module, node, SetAsync())
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
            found = [i for i, part in enumerate(node.generators) if streams(part.iter)]
            looped.update(node.generators[i].iter for i in found)
            if found:
                yield from _loop(program, colouring, module, node, SetAsync(True, tuple(found)))
    for node in module.source.nodes:
        if isinstance(node, ast.Call) and _asks_connection(program, node) and node in colouring.points:
            message = "an async connection refuses to run a statement with yield_per or stream_results at once"
            yield Finding("await", module.path, module.source.span(node), "yield-per", message, ADVICE)
        if not isinstance(node, ast.Call) or node in looped or not streams(node):
            continue
        yield from options.without(node.args[0])
        if options.of(node.args[0]):
            if not _lists(module, node):
                message = "the rows were fetched in parts here, and are fetched all at once now"
                yield Finding("await", module.path, module.source.span(node), "yield-per", message, ADVICE)
        else:
            message = "an async session refuses to run a statement with yield_per or stream_results at once"
            yield Finding("await", module.path, module.source.span(node), "yield-per", message, ADVICE)


def _asks_connection(program: Program, node: ast.Call) -> bool:
    """`connection.execution_options(stream_results=True)`, which holds for all that runs on it."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "execution_options":
        return False
    return any(k.arg in OPTIONS for k in node.keywords) and has(program.values(node.func.value), names.CONNECTION)


def _lists(module: ModuleInfo, node: ast.Call) -> bool:
    """Whether all rows of a result are listed anyway: `.all()`."""
    while isinstance(attribute := module.source.parent(node), ast.Attribute):
        call = module.source.parent(attribute)
        if attribute.attr == "all" or not isinstance(call, ast.Call):
            return attribute.attr == "all"
        node = call
    return False


def _streams(program: Program, colouring: Colouring, options: StreamOptions, node: ast.expr) -> bool:
    """Whether a call runs a statement whose result comes in parts, and becomes awaited."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    if node.func.attr not in STREAMING or node not in colouring.points:
        return False
    if not has(program.values(node.func.value), names.SESSION, names.CONNECTION):
        return False
    return bool(options.of(node.args[0])) or any(
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
