"""What async code had run in a thread because it blocked, and which waits now: no thread is needed.

Sources: Starlette "Thread Pool"; asyncio and anyio references (`to_thread`, `run_in_executor`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from asyncify.analysis.barriers import callee_name, handing_of, library_name
from asyncify.analysis.bindings import bring
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import NOTHING, Ext, Fn, Member, Values, has
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.knowledge.barriers import BY_CALLEE, FUNCTION_AT, KEYWORDS, PICKLING, Handing
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import Hole, Replace
from asyncify.transforms.awaiting.entry import CALL, ENTRY, Helpers
from asyncify.transforms.awaiting.templates import arguments

BECAUSE = "what waits needs no thread"
#: what takes its keywords for itself: whether to leave the thread behind, and how many there may be
OWN_KEYWORDS = frozenset({"anyio.to_thread.run_sync"})


def unwrapped(program: Program, colouring: Colouring, module: ModuleInfo, node: ast.Call) -> Iterator[Edit]:
    """`run_in_threadpool(f, x)` where f became async: `f(x)`. An executor takes f second."""
    name = callee_name(program, node)
    if BY_CALLEE.get(name) is Handing.ADAPTS and node.args:
        function = node.args[0]
        if not (_waits(program, colouring, function) or function in colouring.lambdas):
            return
        text = "($f)" if isinstance(function, ast.Lambda) else "$f"
        op = Replace(text, (Hole("f", module.source.span(function)),))
        drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
        yield Edit("await", module.path, module.source.target(node), op, (), drops, "flip", BECAUSE)
        return
    first = FUNCTION_AT.get(name) or 0
    if BY_CALLEE.get(name) is not Handing.UNWRAP or len(node.args) <= first:
        return
    source = module.source
    function = node.args[first]
    passed = [] if name in OWN_KEYWORDS else node.keywords
    call = ast.Call(node.func, node.args, passed)
    text, holes = arguments(source, call, first=first + 1)
    target: ast.AST = node
    imports: tuple[Import, ...] = ()
    if node in colouring.unwrapped and isinstance(function, ast.Lambda):
        target = source.parent(node) or node
        op = Replace("$f", (Hole("f", source.span(function.body)),))
    elif _waits(program, colouring, function):
        op = Replace(f"$f({text})", (Hole("f", source.span(function)), *holes))
    elif has(_base(program, function), names.QUERY):
        spawn, imports = bring(program, module.path, "sqlalchemy.util", "greenlet_spawn")
        op = Replace(f"{spawn}($f{', ' if text else ''}{text})", (Hole("f", source.span(function)), *holes))
    elif isinstance(function, ast.Call) and _is_partial_of_waiting(program, colouring, function):
        bound = [*function.args[1:], *node.args[first + 1 :]]
        whole = ast.Call(function.args[0], bound, [*function.keywords, *passed])
        text, holes = arguments(source, whole)
        op = Replace(f"$f({text})", (Hole("f", source.span(function.args[0])), *holes))
    else:
        return
    if first and not _is_waited_for(source, node):
        spawn, more = bring(program, module.path, "asyncio", "create_task")
        op, imports = Replace(f"{spawn}({op.template})", op.holes), (*imports, *more)
    gone = [*ast.walk(node.func), *(ast.walk(function.func) if isinstance(function, ast.Call) else ())]
    drops = tuple(n.id for n in gone if isinstance(n, ast.Name))
    yield Edit("await", module.path, source.target(target), op, imports, drops, "flip", BECAUSE)


def handed_to_threads(
    program: Program, module: ModuleInfo, node: ast.Call, helpers: Helpers, is_coroutine: Callable[[Fn], bool]
) -> Iterator[Edit]:
    """An async function that is given to a thread, or to another process, is run to its end there. What else the call
    is given goes to that function, which awaits it."""
    if handing_of(program, node) is not Handing.THREAD:
        return
    called = {library_name(value) for value in program.values(node.func)}
    places = {FUNCTION_AT.get(name) for name in called if BY_CALLEE.get(name) is Handing.THREAD}
    anywhere = not places or None in places
    named = [k.value for k in node.keywords if anywhere or k.arg in KEYWORDS]
    placed = [a for at, a in enumerate(node.args) if anywhere or at in places]
    for argument in (*placed, *named):
        handed = [t for t in program.facts.handed.get(argument, ()) if is_coroutine(t)]
        if not handed or isinstance(argument, ast.Call):
            continue
        because = f"a thread cannot await {handed[0].info.qualname}"
        helper, op = ENTRY, Replace(f"{helpers.name(ENTRY)}($it)")
        imports: tuple[Import, ...] = ()
        if called & PICKLING:
            because = f"another process cannot await {handed[0].info.qualname}, and is given it by its name"
            partial, imports = bring(program, module.path, "functools", "partial")
            helper, op = CALL, Replace(f"{partial}({helpers.name(CALL)}, $it)")
        yield from helpers.add(helper, node, because)
        yield Edit("await", module.path, module.source.target(argument), op, imports, group="flip", because=because)


def decorators(program: Program, function: FunctionInfo, handing: Handing) -> dict[int, ast.expr]:
    """The decorators that give a function another form, by position: `@sync_to_async`."""
    found: dict[int, ast.expr] = {}
    for position, node in enumerate(function.node.decorator_list):
        target = program.names.resolve_expression(function.path, node.func if isinstance(node, ast.Call) else node)
        if isinstance(target, Ext) and BY_CALLEE.get(target.name) is handing:
            found[position] = node
    return found


def _waits(program: Program, colouring: Colouring, function: ast.expr) -> bool:
    """Whether calling it gives a coroutine: a function that becomes async, a method of a session."""
    runs = [colouring.runs(t) for t in program.facts.handed.get(function, ())]
    if any(f in colouring.becomes_async and f not in colouring.entries for f in runs):
        return True
    return any(
        isinstance(value, Member) and form_of(value.base.type, value.name) is Form.AWAIT
        for value in program.values(function)
        if has(_base(program, function), names.SESSION, names.CONNECTION)
    )


def _base(program: Program, function: ast.expr) -> Values:
    return program.values(function.value) if isinstance(function, ast.Attribute) else NOTHING


def _is_partial_of_waiting(program: Program, colouring: Colouring, node: ast.Call) -> bool:
    is_partial = callee_name(program, node) == "functools.partial" and bool(node.args)
    return is_partial and _waits(program, colouring, node.args[0])


def _is_waited_for(source: SourceFile, node: ast.Call) -> bool:
    """Whether the statement of a call waits for what it gives. An executor runs what it is given also where nothing
    does, and before something does; a coroutine is not begun before. Source: asyncio reference, "Coroutines"."""
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.Await):
            return True
        current = source.parent(current)
    return isinstance(current, ast.Return)
