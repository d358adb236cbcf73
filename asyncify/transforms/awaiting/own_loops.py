"""Functions that ran a coroutine on a loop of their own: in the loop that runs them now they await it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.own_loops import calls_function
from asyncify.analysis.program import Program
from asyncify.analysis.servers import Serving, serves
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Replace


def awaited(program: Program, module: ModuleInfo, node: ast.Call) -> Iterator[Edit]:
    """The coroutine itself, awaited; or the function that gives it, called and awaited."""
    holes = tuple(Hole(f"a{number}", module.source.span(argument)) for number, argument in enumerate(node.args))
    given = ", ".join(f"$a{number}" for number in range(1, len(holes)))
    op = Replace(f"await $a0({given})" if calls_function(program, node) else "await $a0", holes)
    drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
    because = "its function runs in a loop now"
    yield Edit("await", module.path, module.source.target(node), op, (), drops, "flip", because)


def served(program: Program, module: ModuleInfo, node: ast.Call) -> Iterator[Edit | Finding]:
    """`uvicorn.run(app)`: the same server in the loop that runs. Source: uvicorn, "Running programmatically"."""
    source, because = module.source, "its function runs in a loop now, and the server needs one"
    where = serves(program, node)
    if where is Serving.UNKNOWN:
        message = f"{source.segment(node.func)}() may start a loop of its own, and its function runs in one now"
        yield Finding("await", module.path, source.span(node), "own-loop", message, "call it behind asyncio.run(...)")
    if where is not Serving.HERE:
        return
    imports: tuple[Import, ...] = ()
    if isinstance(node.func, ast.Attribute):
        config, server = (f"{source.segment(node.func.value)}.{name}" for name in ("Config", "Server"))
    else:
        config, more = bring(program, module.path, "uvicorn", "Config")
        server, imports = bring(program, module.path, "uvicorn", "Server")
        imports = (*more, *imports)
    drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)) if imports else ()
    yield Edit("await", module.path, source.target(node.func), Replace(config), imports, drops, "flip", because)
    op = Replace(f"await {server}($it).serve()")
    yield Edit("await", module.path, source.target(node), op, (), (), "flip", because)
