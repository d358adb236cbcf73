"""Functions that ran a coroutine on a loop of their own: in the loop that runs them now they await it.

Source: `asyncio.run`, "This function cannot be called when another asyncio event loop is running in the same thread";
`anyio.run`, which is given the function and its arguments; AnyIO "Working with threads", `from_thread.run`, which only
worker threads can call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.program import Program
from asyncify.analysis.servers import Serving, serves
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Replace

RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run"})
#: those that are given a function and its arguments
CALLERS = frozenset({"anyio.run", "anyio.from_thread.run"})
#: only event loops have a method of this name
METHOD = "run_until_complete"


def is_own_loop(program: Program, node: ast.Call) -> bool:
    """Whether a call runs a coroutine to its end on a loop of its own."""
    if _calls_function(program, node):
        return not any(isinstance(a, ast.Starred) for a in node.args[:1])
    if len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == METHOD:
        return not program.calls(node)
    return any(isinstance(v, Ext) and v.name in RUNNERS for v in program.values(node.func))


def _calls_function(program: Program, node: ast.Call) -> bool:
    found = program.values(node.func) if node.args else frozenset()
    return any(isinstance(v, Ext) and v.name in CALLERS for v in found)


def awaited(program: Program, module: ModuleInfo, node: ast.Call) -> Iterator[Edit]:
    """The coroutine itself, awaited; or the function that gives it, called and awaited."""
    holes = tuple(Hole(f"a{number}", module.source.span(argument)) for number, argument in enumerate(node.args))
    given = ", ".join(f"$a{number}" for number in range(1, len(holes)))
    op = Replace(f"await $a0({given})" if _calls_function(program, node) else "await $a0", holes)
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
