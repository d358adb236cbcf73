"""Functions that a person keeps synchronous, and the calls through which async code still uses them.

Such a function works on a sync session as before: whoever is async gives it the one inside of its own and runs it in
SQLAlchemy's greenlet. Source: SQLAlchemy asyncio documentation, "Running Synchronous Methods and Functions under
asyncio".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.handed_sessions import given
from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.points import Point, PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, has
from asyncify.knowledge import names


def stays_with(program: Program, index: CallIndex) -> set[FunctionInfo]:
    """What a person keeps synchronous, with what only that uses, and the plain functions to which it hands its session.

    A method is not taken along: where its object got a session is not seen here.
    """
    kept = set(program.overrides.functions)
    growing = bool(kept)
    while growing:
        before = len(kept)
        for function in program.functions:
            around = {program.function_of(n) for n in index.callers.get(function, ())}
            if function in kept or not around:
                continue
            handed = function.cls is None and any(
                program.function_of(n) in kept and isinstance(n, ast.Call) and given(program, n)
                for n in index.callers[function]
            )
            if handed or around <= kept:
                kept.add(function)
        growing = len(kept) > before
    return kept


@dataclass
class KeptCalls:
    """Where async code calls what stays synchronous.

    waiting: those of the functions that wait, each with one place that does. points: calls that are run in the
    greenlet, with the file of each. given: calls that make an object of a class that stays and get the sync session.
    handed: places that hand one of them to a library together with a session, with the file of each. taken: places
    elsewhere that take a session from one of them. injected: those to which FastAPI gives a session.
    """

    waiting: dict[FunctionInfo, Point] = field(default_factory=dict)
    points: list[tuple[str, Point]] = field(default_factory=list)
    given: set[ast.Call] = field(default_factory=set)
    handed: list[tuple[str, ast.AST, FunctionInfo]] = field(default_factory=list)
    taken: list[tuple[str, ast.AST, FunctionInfo]] = field(default_factory=list)
    injected: set[FunctionInfo] = field(default_factory=set)


def kept_calls(
    program: Program, index: CallIndex, kept: set[FunctionInfo], waiting: Mapping[FunctionInfo, Point]
) -> KeptCalls:
    """The calls of `kept` functions from elsewhere. waiting: those that wait by themselves."""
    found = KeptCalls(dict(waiting))
    _spread(program, index, kept, found.waiting)
    classes = {c for c in program.overrides.kept if isinstance(c, ClassInfo)}
    classes |= {c for path in program.overrides.files for c in program.modules[path].classes.values()}
    holders: set[ClassInfo] = set()
    for path, call, info in _constructions(program, classes, kept):
        if given(program, call):
            holders |= {c for c in program.classes.ancestors(info) if isinstance(c, ClassInfo)}
            init = program.classes.method(info, "__init__")
            if init in found.waiting:
                found.points.append((path, Point(PointKind.KEPT, call, f"{info.name}(), which stays sync,")))
            else:
                found.given.add(call)
    for function in sorted(kept, key=lambda f: (f.path, f.node.lineno)):
        found.handed.extend(_handed(program, index, function))
        found.taken.extend(_taken(program, index, kept, function))
    answering = {route.function for route in routes(program)} if found.waiting else set()
    for function in found.waiting:
        injects = any(has(program.values(n), names.DEPENDS) for n in index.callers.get(function, ()))
        if (injects or function in answering) and any(
            has(program.values(a), names.SESSION) for a in function.parameters
        ):
            found.injected.add(function)
    for function in found.waiting:
        if function.name == "__init__" or function.is_generator or function.is_async:
            continue
        for node in index.callers.get(function, ()):
            path = index.paths[node]
            if not isinstance(node, ast.Call) or program.function_of(node) in kept or kept_sync(program, path):
                continue
            if given(program, node) or (function.cls is not None and function.cls in holders):
                found.points.append((path, Point(PointKind.KEPT, node, f"{function.qualname}(), which stays sync,")))
    return found


def _taken(
    program: Program, index: CallIndex, kept: set[FunctionInfo], function: FunctionInfo
) -> Iterator[tuple[str, ast.AST, FunctionInfo]]:
    """Where code that is migrated gets a session from a function that stays: it is a sync one for ever."""
    given_back = [n.value for n in function.nodes if isinstance(n, (ast.Return, ast.Yield)) and n.value is not None]
    if any(has(program.values(value), names.SESSION) for value in given_back):
        for node in index.callers.get(function, ()):
            path = index.paths[node]
            if program.function_of(node) not in kept and not kept_sync(program, path):
                yield path, node, function


def _handed(program: Program, index: CallIndex, function: FunctionInfo) -> Iterator[tuple[str, ast.AST, FunctionInfo]]:
    """`add_task(function, db)` and the like."""
    for node in index.handed.get(function, ()):
        path = index.paths[node]
        call = program.modules[path].source.parent(node)
        if isinstance(call, ast.Call) and given(program, call) and path not in program.overrides.files:
            yield path, node, function


def _spread(program: Program, index: CallIndex, kept: set[FunctionInfo], waiting: dict[FunctionInfo, Point]) -> None:
    """Who calls one of them that waits, waits too."""
    queue = list(waiting)
    while queue:
        function = queue.pop()
        for node in index.callers.get(function, ()):
            outer = program.function_of(node)
            if outer in kept and outer not in waiting:
                waiting[outer] = Point(PointKind.KEPT, node, f"{function.qualname}()")
                queue.append(outer)


def _constructions(
    program: Program, classes: set[ClassInfo], kept: set[FunctionInfo]
) -> Iterator[tuple[str, ast.Call, ClassInfo]]:
    """Calls elsewhere that make an object of one of the classes."""
    if not classes:
        return
    for path in sorted(program.modules):
        if kept_sync(program, path):
            continue
        for call in program.modules[path].source.nodes_of(ast.Call):
            for value in program.values(call.func):
                if isinstance(value, Cls) and value.info in classes and program.function_of(call) not in kept:
                    yield path, call, value.info
