"""Locks of threads that are held while something waits: one task would hold it, and the next one stop the event loop.

`threading.Lock` becomes `asyncio.Lock`, entered with `async with`, where all that the program does with its locks is to
enter them in async functions of one loop. The others are findings where something waits while they are held.
Sources: threading and asyncio references, "Synchronization Primitives", "not thread-safe".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from asyncify.analysis.bindings import as_written
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, Inst
from asyncify.model.edit import Edit, Finding, Import
from asyncify.model.ops import Op, Replace, SetAsync
from asyncify.transforms.awaiting.context import Context, context_of

#: locks of threads, and what stands for them in one event loop; a lock that its holder may take again has no such thing
LOCKS = {
    "threading.Lock": "Lock",
    "threading.Semaphore": "Semaphore",
    "threading.BoundedSemaphore": "BoundedSemaphore",
    "threading.RLock": "",
    "threading.Condition": "",
}
BECAUSE = "a task that waits for a lock of threads stops the event loop, and with it the one that holds it"


def lock_edits(program: Program) -> Iterator[Edit | Finding]:
    """What becomes of the locks of a program, kind by kind."""
    made: dict[str, list[tuple[ModuleInfo, ast.Call]]] = defaultdict(list)
    entered: dict[str, list[tuple[ModuleInfo, ast.With]]] = defaultdict(list)
    shared: set[str] = set()  # more than that is done with such locks
    for module in _modules(program):
        source = module.source
        blocks_of = {item.context_expr: block for block in source.nodes_of(ast.With) for item in block.items}
        for node in (n for n in source.nodes if isinstance(n, ast.expr)):
            outer = source.parent(node)
            for kind in _classes(program, node):
                if isinstance(outer, ast.Call) and outer.func is node:
                    made[kind].append((module, outer))
                else:
                    shared.add(kind)
            for kind in _kinds(program, node):
                if node in blocks_of:
                    entered[kind].append((module, blocks_of[node]))
                elif not _keeps(node, outer):
                    shared.add(kind)
    for kind, blocks in sorted(entered.items()):
        waiting = [(module, block) for module, block in blocks if _waits(program, block)]
        if not waiting:
            continue
        alone = all(_can_wait(program, module, block) for module, block in blocks)
        if LOCKS[kind] and alone and kind not in shared and not program.colouring.own_loops:
            for module, call in made[kind]:
                imports = as_written(program, module.path, (Import("asyncio"),))
                drops = tuple(n.id for n in ast.walk(call.func) if isinstance(n, ast.Name))
                yield _edit(module, call.func, Replace(f"asyncio.{LOCKS[kind]}"), imports, drops)
            yield from (_edit(module, block, SetAsync()) for module, block in blocks)
            continue
        for module, block in waiting:
            message = f"a {kind} is held here while something waits: who else wants it stops the event loop"
            advice = "let tasks take turns with an asyncio.Lock and `async with`, or do not wait while it is held"
            yield Finding(
                "await", module.path, module.source.span(block.items[0].context_expr), "lock", message, advice
            )


def _modules(program: Program) -> Iterator[ModuleInfo]:
    """The files that may have to do with a lock: none, where no file names what makes them."""
    modules = [program.modules[path] for path in sorted(program.modules)]
    if any("threading" in module.source.text for module in modules):
        yield from (m for m in modules if "threading" in m.source.text or "ock" in m.source.text)


def _classes(program: Program, node: ast.expr) -> set[str]:
    return {v.name for v in program.values(node) if isinstance(v, Ext) and v.name in LOCKS}


def _kinds(program: Program, node: ast.expr) -> set[str]:
    return {v.type for v in program.values(node) if isinstance(v, Inst) and v.type in LOCKS}


def _keeps(node: ast.expr, outer: ast.AST | None) -> bool:
    """`lock = Lock()`, `self.lock = Lock()`: the call, and what it is kept in."""
    if not isinstance(outer, (ast.Assign, ast.AnnAssign)):
        return False
    simple = (ast.Name, ast.Attribute)
    targets = outer.targets if isinstance(outer, ast.Assign) else [outer.target]
    return all(isinstance(t, simple) for t in targets) and (isinstance(node, ast.Call) or node in targets)


def _waits(program: Program, block: ast.With) -> bool:
    """Whether something in a block will be awaited."""
    colouring, function = program.colouring, program.function_of(block)
    if function is None or not colouring.is_async_context(function):
        return False
    for node in (n for stmt in block.body for n in ast.walk(stmt)):
        if program.function_of(node) is not function:
            continue
        runs = (colouring.runs(target) for target in program.calls(node))
        if node in colouring.points or any(f in colouring.becomes_async and f not in colouring.entries for f in runs):
            return True
    return False


def _can_wait(program: Program, module: ModuleInfo, block: ast.With) -> bool:
    kept = kept_sync(program, module.path)
    return len(block.items) == 1 and not kept and context_of(program, program.colouring, module, block) is Context.AWAIT


def _edit(
    module: ModuleInfo, node: ast.AST, op: Op, imports: tuple[Import, ...] = (), drops: tuple[str, ...] = ()
) -> Edit:
    return Edit("await", module.path, module.source.target(node), op, imports, drops, "flip", BECAUSE)
