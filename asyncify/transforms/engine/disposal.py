"""Engines that are disposed where the lifespan of the application ends.

The connections of an async engine close in its loop, which is gone when Python collects them.
Source: SQLAlchemy asyncio documentation, "Synopsis - Core": "for AsyncEngine created in function scope, close and
clean-up pooled connections"; FastAPI "Lifespan Events".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.import_paths import import_of
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.lifespan_facts import find
from asyncify.analysis.makers import Made, Maker, find_makers, replaced_names
from asyncify.analysis.memory_databases import may_be_in_memory
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import InsertStatements

BECAUSE = "the connections of an async engine close in its event loop"


def disposals(program: Program) -> Iterator[Edit]:
    """One more line for each lifespan of a program with one engine that becomes async."""
    engine = _only_engine(program)
    if engine is None or _is_disposed(program):
        return
    done: set[FunctionInfo] = set()
    for app in find(program).apps:
        lifespan = app.keyword("lifespan")
        for value in program.values(lifespan) if lifespan is not None else ():
            function = value.info if isinstance(value, Fn) else None
            if function is None or function in done or not _ends_plainly(program, function, engine.name):
                continue
            done.add(function)
            imports: tuple[Import, ...] = ()
            if function.path != engine.path:
                module = import_of(program, function.path, engine.path)
                if not module:
                    continue
                imports = (Import(module, engine.name),)
            known = program.names.resolve(function.path, engine.name)
            if imports and known is not None and getattr(known, "path", "") != engine.path:
                continue  # the name means something else there
            target = program.modules[function.path].source.target(function.node.body[-1])
            op = InsertStatements(f"await {engine.name}.dispose()", "after")
            yield Edit("engine", function.path, target, op, imports, (), "flip", BECAUSE)


def _only_engine(program: Program) -> Maker | None:
    """The engine of the app; None where there are several, or where its database goes with it."""
    staying, replaced = program.colouring.twins.staying, replaced_names(program)
    engines = [
        maker
        for maker in find_makers(program).values()
        if maker.made is Made.ENGINE and maker not in staying and not is_test_path(maker.path)
    ]
    if len(engines) != 1 or kept_sync(program, engines[0].path):
        return None
    (engine,) = engines
    if (engine.path, engine.name) in replaced or len(engine.calls) != 1:
        return None
    _, call = engine.calls[0]
    makes = {canonical(getattr(value, "name", "")) for value in program.values(call.func)}
    plain = makes == {names.CREATE_ENGINE} and not may_be_in_memory(program, engine.path, call)
    return engine if plain else None


def _is_disposed(program: Program) -> bool:
    """Whether the program disposes an engine already, wherever that is."""
    kinds = (names.ENGINE, names.ASYNC_ENGINE)
    return any(
        node.attr == "dispose" and has(program.values(node.value), *kinds)
        for path in program.modules
        if not is_test_path(path)
        for node in program.modules[path].source.nodes_of(ast.Attribute)
    )


def _ends_plainly(program: Program, function: FunctionInfo, name: str) -> bool:
    """Whether an async function yields once, outside of every other statement, and runs on to its last line.

    name: of the engine; nothing else may have it there.
    """
    if is_test_path(function.path) or kept_sync(program, function.path):
        return False
    if not function.is_async or name in function.local_names:
        return False
    yields = [n for n in function.nodes if isinstance(n, (ast.Yield, ast.YieldFrom))]
    body = function.node.body
    at_top = [s for s in body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield)]
    returns = any(isinstance(n, ast.Return) for n in function.nodes)
    return len(yields) == len(at_top) == 1 and not returns
