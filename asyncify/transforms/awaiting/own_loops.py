"""Functions that ran a coroutine on a loop of their own: in the loop that runs them now they await it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.bindings import bring
from asyncify.analysis.own_loops import adapted, calls_function, is_own_loop
from asyncify.analysis.program import Program
from asyncify.analysis.servers import Serving, serves
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Fn, Inst, Values
from asyncify.knowledge.barriers import BY_CALLEE, Handing
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Hole, Replace
from asyncify.transforms.awaiting.templates import arguments
from asyncify.transforms.awaiting.threads import decorators


def runs_loop(program: Program, module: ModuleInfo, node: ast.Call) -> Iterable[Edit | Finding] | None:
    """What becomes of a call that runs a loop of its own, in a function that runs in one; None for other calls."""
    if is_own_loop(program, node):
        return [_awaited(program, module, node)]
    if (where := serves(program, node)) is not None:
        return _served(program, module, node, where)
    found = program.values(node.func)
    named = any(isinstance(v, Inst) and BY_CALLEE.get(v.type) is Handing.PLAIN for v in found)
    return [_named(module, node)] if named or _is_decorated(program, found) else None


def _is_decorated(program: Program, found: Values) -> bool:
    return any(isinstance(v, Fn) and decorators(program, v.info, Handing.PLAIN) for v in found)


def _named(module: ModuleInfo, node: ast.Call) -> Finding:
    """A plain form of an async function that has a name of its own: others may use that."""
    source = module.source
    message = f"{source.segment(node.func)}() runs a loop of its own, and its function runs in one now"
    return Finding("await", module.path, source.span(node), "own-loop", message, "await the async function itself")


def _awaited(program: Program, module: ModuleInfo, node: ast.Call) -> Edit:
    """The coroutine itself, awaited; or the function that gives it, called and awaited."""
    source, function = module.source, adapted(program, node)
    if function is not None:
        text, passed = arguments(source, node)
        op = Replace(f"await $f({text})", (Hole("f", source.span(function)), *passed))
    else:
        holes = tuple(Hole(f"a{number}", source.span(argument)) for number, argument in enumerate(node.args))
        given = ", ".join(f"$a{number}" for number in range(1, len(holes)))
        op = Replace(f"await $a0({given})" if calls_function(program, node) else "await $a0", holes)
    drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
    because = "its function runs in a loop now"
    return Edit("await", module.path, source.target(node), op, (), drops, "flip", because)


def _served(program: Program, module: ModuleInfo, node: ast.Call, where: Serving) -> Iterator[Edit | Finding]:
    """`uvicorn.run(app)`: the same server in the loop that runs. Source: uvicorn, "Running programmatically"."""
    source, because = module.source, "its function runs in a loop now, and the server needs one"
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
