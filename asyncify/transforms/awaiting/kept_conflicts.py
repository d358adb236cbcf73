"""Where what a person keeps synchronous meets what becomes async: no edit mends these, so each is reported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.kept_files import is_alembic, kept_sync
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Finding

SYNC_OBJECTS = (names.SESSIONMAKER, names.SCOPED_SESSION, names.ENGINE)


def kept_conflicts(program: Program) -> Iterator[Finding]:
    """The findings for everything that keep-sync names, and for what stays sync with it."""
    for path in sorted(program.overrides.files):
        module = program.modules[path]
        yield from _uses(program, module, f"{path}", list(own_nodes(module.source.tree)))
    yield from _of_alembic(program)
    yield from _of_listeners(program)
    calls = program.colouring.kept_calls
    kept = {f for f in program.colouring.kept if f in program.overrides.functions}
    kept |= calls.waiting.keys()
    for function in sorted(kept, key=lambda f: (f.path, f.node.lineno)):
        module = program.modules[function.path]
        nodes = [*function.nodes, *ast.walk(function.node.args)]
        used = list(_uses(program, module, function.qualname, nodes))
        yield from used
        if function in calls.injected and not used:
            yield _finding(
                module.source, function.node, "kept-dependency",
                f"{function.qualname} stays sync, and FastAPI gives it a session that becomes async",
                "give it a dependency of its own that gives a sync session",
            )  # fmt: skip
        if function in calls.waiting:
            yield from _of_waiting(program, module, function)
    for path, node, function in calls.taken:
        yield _finding(
            program.modules[path].source, node, "kept-gives-session",
            f"{function.qualname} stays sync and gives sync sessions, and what is done with this one is awaited",
            "do not keep what opens the sessions of the app, or keep what uses them too",
        )  # fmt: skip
    for path, node, function in calls.unbridged:
        yield _finding(
            program.modules[path].source, node, "kept-unbridged",
            f"{function.qualname} stays sync, and this is no call that SQLAlchemy's greenlet can run",
            "do not keep it, or call it in a plain function that is given to session.run_sync",
        )  # fmt: skip
    yield from _makers(program)
    for path, node, function in calls.handed:
        yield _finding(
            program.modules[path].source, node, "kept-handed",
            f"{function.qualname} stays sync and is handed on with a session that becomes async",
            "hand over a function that opens a sync session of its own",
        )  # fmt: skip


def _of_alembic(program: Program) -> Iterator[Finding]:
    """Migrations that call what becomes async, with a session that it opens itself."""
    for path in sorted(p for p in program.modules if is_alembic(program, p)):
        source = program.modules[path].source
        for node in source.nodes_of(ast.Call):
            for target in program.calls(node):
                if target.info in program.colouring.becomes_async and target.info not in program.colouring.entries:
                    yield _finding(
                        source, node, "kept-calls-async",
                        f"Alembic runs this synchronously, and {target.info.qualname} becomes async",
                        "name that function under entry-points, or give this a sync copy of its own",
                    )  # fmt: skip


def _of_listeners(program: Program) -> Iterator[Finding]:
    """What SQLAlchemy calls with a sync session or connection, and what only that calls."""
    colouring = program.colouring
    by_person = {*program.overrides.functions, *colouring.kept_calls.inner, *colouring.kept_calls.waiting}
    kept = colouring.kept - by_person - colouring.twins.functions.keys()
    for function in sorted(kept, key=lambda f: (f.path, f.node.lineno)):
        if not is_alembic(program, function.path):
            calls: list[ast.AST] = [node for node in function.nodes if isinstance(node, ast.Call)]
            yield from _uses(program, program.modules[function.path], function.qualname, calls)


def _uses(program: Program, module: ModuleInfo, who: str, nodes: list[ast.AST]) -> Iterator[Finding]:
    """What becomes async and is used by code that cannot wait for it."""
    colouring = program.colouring
    seen: set[str] = set()
    for node in nodes:
        for target in program.calls(node):
            if target.info in colouring.becomes_async and target.info not in colouring.entries:
                if target.info.qualname not in seen:
                    seen.add(target.info.qualname)
                    yield _finding(
                        module.source, node, "kept-calls-async",
                        f"{who} stays sync and uses {target.info.qualname}, which becomes async",
                        "keep that sync too, or give this a sync copy of its own",
                    )  # fmt: skip
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in seen:
            if has(program.values(node), *SYNC_OBJECTS) and _becomes_async(program, module, node):
                seen.add(node.id)
                yield _finding(
                    module.source, node, "kept-sync-object",
                    f"{who} stays sync and uses {node.id}, which becomes async",
                    "give it a sync engine and session factory of its own",
                )  # fmt: skip


def _makers(program: Program) -> Iterator[Finding]:
    """Async code that uses an engine or a factory of a file that is kept."""
    for path in sorted(program.modules if program.overrides.files else ()):
        module = program.modules[path]
        seen: set[str] = set()
        for node in module.source.nodes_of(ast.Name) if not kept_sync(program, path) else ():
            function = program.function_of(node)
            if node.id in seen or not program.colouring.is_async_context(function):
                continue
            target = program.names.resolve_expression(path, node)
            made = isinstance(target, Assigned) and target.path in program.overrides.files
            if made and has(program.values(node), *SYNC_OBJECTS):
                seen.add(node.id)
                yield _finding(
                    module.source, node, "kept-gives-session",
                    f"{node.id} stays sync in {getattr(target, 'path', '')}, and what is done with it here is awaited",
                    "do not keep what opens the sessions of the app, or keep what uses them too",
                )  # fmt: skip


def _becomes_async(program: Program, module: ModuleInfo, node: ast.Name) -> bool:
    """Whether a name is that of an engine or factory made in a file that is migrated."""
    if program.colouring.twins.stays_sync(node):
        return False
    target = program.names.resolve_expression(module.path, node)
    return isinstance(target, Assigned) and target.path not in program.overrides.files


def _of_waiting(program: Program, module: ModuleInfo, function: FunctionInfo) -> Iterator[Finding]:
    if function.is_async:
        yield _finding(
            module.source, function.node, "kept-async",
            f"{function.qualname} is async, waits for the database, and stays as it is",
            "a coroutine cannot run on a sync session: make it a plain function, or do not keep it",
        )  # fmt: skip
    elif (
        function.cls is not None
        and function not in program.colouring.kept_calls.inner
        and _holds_session(program, function)
    ):
        yield _finding(
            module.source, function.node, "kept-method",
            f"{function.qualname} stays sync, and the session of its object becomes async",
            f"keep the whole class {function.cls.qualname} sync, or hand the session to the method",
        )  # fmt: skip


def _holds_session(program: Program, function: FunctionInfo) -> bool:
    """Whether a method works on a session that its object holds."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and function.parameters
        and node.value.id == function.parameters[0].arg
        and has(program.values(node), names.SESSION, names.CONNECTION)
        for node in function.nodes
    )


def _finding(source: SourceFile, node: ast.AST, code: str, message: str, advice: str) -> Finding:
    return Finding("await", source.path, source.span(node), code, message, advice)
