"""Sessions that live as long as the program: made where a module is imported, and used by the routes of an app.

Sync code in an `async def` was never interrupted, so one session served one request after the other. Async code is
interrupted wherever it waits, and the next request finds the session at work. Source: SQLAlchemy asyncio, "Using
AsyncSession with Concurrent Tasks".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.names import Assigned
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import has, objects
from asyncify.knowledge import names
from asyncify.model.edit import Finding

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def shared_sessions(program: Program) -> Iterator[Finding]:
    """One finding for each such session that async functions use."""
    serving = {route.function.path for route in routes(program)}
    served = serving.union(*(program.imported_files(path) for path in serving))
    used = set(_used(program, served))
    told = set()
    for path in sorted(p for p in served if not is_test(p) and p in program.modules):
        module = program.modules[path]
        for name, value in _bound(module):
            for where, opened in _opened(program, module, value):
                if (path, name) in used and opened not in told:
                    told.add(opened)
                    yield Finding(
                        "await",
                        where.path,
                        where.source.span(opened),
                        "shared-session",
                        "this one session serves all requests, and async code that runs at once cannot share it",
                        "open a session for each request: session: AsyncSession = Depends(...)",
                    )


def _bound(module: ModuleInfo) -> Iterator[tuple[str, ast.Call]]:
    """The names of a module that hold what a call gives, those that a function has made `global` too."""
    yield from _assigned(module.source.tree.body)
    for function in module.functions.values():
        shared = {name for node in function.nodes if isinstance(node, ast.Global) for name in node.names}
        yield from (pair for pair in _assigned(function.nodes if shared else ()) if pair[0] in shared)


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _opened(program: Program, module: ModuleInfo, value: ast.Call) -> Iterator[tuple[ModuleInfo, ast.Call]]:
    """The calls that make the session which a value is, or which its class makes for itself: with their files."""
    if _is_session(program, value):
        yield module, value
    for made in objects(program.values(value)):
        init = program.classes.method(made.info, "__init__")
        if init is None:
            continue
        for node in init.nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if isinstance(targets[0], ast.Attribute) and _is_session(program, node.value):
                    yield program.modules[init.path], node.value


def _is_session(program: Program, call: ast.Call) -> bool:
    """Whether a call gives a session; a scoped one is one for each task."""
    values = program.values(call)
    return has(values, names.SESSION) and not has(values, names.SCOPED_SESSION)


def _used(program: Program, served: frozenset[str] | set[str]) -> Iterator[tuple[str, str]]:
    """File and name of what async functions use, and the decorators and defaults of functions."""
    becomes_async = program.colouring.becomes_async
    for path in sorted(p for p in served if p in program.modules):
        source = program.modules[path].source
        for node in (*source.nodes_of(ast.Name), *source.nodes_of(ast.Attribute)):
            function = program.function_of(node)
            root = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if function is not None and isinstance(root, ast.Name) and root.id in function.local_names:
                continue
            runs = function in becomes_async or (function is not None and function.is_async)
            if not runs and not isinstance(source.statement(node), FUNCTIONS):
                continue
            meant = program.names.resolve_expression(path, node)
            if isinstance(meant, Assigned):
                yield meant.path, meant.name
