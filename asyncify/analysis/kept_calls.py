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
from asyncify.analysis.kept_files import is_alembic, kept_sync
from asyncify.analysis.lookup import functions_of
from asyncify.analysis.points import Point, PointKind
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Obj, has
from asyncify.knowledge import names


@dataclass
class Staying:
    """What a person keeps synchronous, and what has to stay with it. classes: those that stay as a whole."""

    functions: set[FunctionInfo]
    classes: set[ClassInfo]


def stays_with(program: Program, index: CallIndex) -> Staying:
    """What a person keeps synchronous, with what only that uses, and with what it hands its session to: plain
    functions, and whole families of classes, as their objects keep it.
    """
    overrides = program.overrides
    named = {c for c in overrides.kept if isinstance(c, ClassInfo)}
    named |= {c for path in overrides.files for c in program.modules[path].classes.values()}
    found = Staying({*overrides.functions, *_of_alembic(program)}, named)
    growing = bool(found.functions)
    while growing:
        before = len(found.functions), len(found.classes)
        for info in _made_in(program, found):
            found.classes.add(info)
            found.functions.update(functions_of(program.modules[info.path], info))
        for function in program.functions:
            around = {program.function_of(n) for n in index.callers.get(function, ())}
            if function in found.functions or not around:
                continue
            handed = function.cls is None and any(
                program.function_of(n) in found.functions and isinstance(n, ast.Call) and given(program, n)
                for n in index.callers[function]
            )
            if handed or around <= found.functions:
                found.functions.add(function)
        growing = (len(found.functions), len(found.classes)) > before
    return found


def _of_alembic(program: Program) -> set[FunctionInfo]:
    """The functions of environments and migrations: they get sync connections, and what they hand these to stays."""
    modules = (program.modules[path] for path in program.modules if is_alembic(program, path))
    return {function for module in modules for function in module.functions.values()}


def _made_in(program: Program, found: Staying) -> list[ClassInfo]:
    """The classes whose objects what stays makes with a session of its own, with what they share methods with."""
    made = [
        value.info
        for function in found.functions
        for call in function.nodes
        if isinstance(call, ast.Call) and given(program, call)
        for value in program.values(call.func)
        if isinstance(value, Cls) and value.info not in found.classes and not program.orm.is_model(value.info)
    ]
    above = {c for info in made for c in program.classes.ancestors(info) if isinstance(c, ClassInfo)}
    return [*above, *(c for info in above for c in program.classes.descendants(info))]


@dataclass
class KeptCalls:
    """Where async code calls what stays synchronous.

    waiting: those of the functions that wait, each with one place that does. points: calls that are run in the
    greenlet, with the file of each. given: calls that make an object of a class that stays and get the sync session.
    handed: places that hand one of them to a library together with a session, with the file of each. taken: places
    elsewhere that take a session from one of them. unbridged: calls from elsewhere that no greenlet can run. injected:
    those to which FastAPI gives a session. inner: methods of classes that stay as a whole.
    """

    waiting: dict[FunctionInfo, Point] = field(default_factory=dict)
    points: list[tuple[str, Point]] = field(default_factory=list)
    given: set[ast.Call] = field(default_factory=set)
    handed: list[tuple[str, ast.AST, FunctionInfo]] = field(default_factory=list)
    taken: list[tuple[str, ast.AST, FunctionInfo]] = field(default_factory=list)
    unbridged: list[tuple[str, ast.AST, FunctionInfo]] = field(default_factory=list)
    injected: set[FunctionInfo] = field(default_factory=set)
    inner: set[FunctionInfo] = field(default_factory=set)


def kept_calls(
    program: Program, index: CallIndex, staying: Staying, waiting: Mapping[FunctionInfo, Point]
) -> KeptCalls:
    """The calls of functions that stay from elsewhere. waiting: those that wait by themselves."""
    kept, classes = staying.functions, staying.classes
    found = KeptCalls(dict(waiting), inner={m for c in classes for m in functions_of(program.modules[c.path], c)})
    _spread(program, index, kept, found.waiting)
    holders: set[ClassInfo] = set()
    for path, call, info in _constructions(program, classes, kept):
        if given(program, call):
            holders |= {c for c in program.classes.ancestors(info) if isinstance(c, ClassInfo)}
            init = program.classes.method(info, "__init__")
            if init in found.waiting:
                found.points.append((path, Point(PointKind.KEPT, call, f"{info.name}(), which stays sync,")))
            else:
                found.given.add(call)
    found.taken.extend(_read_from(program, kept, holders))
    for function in sorted(kept, key=lambda f: (f.path, f.node.lineno)):
        found.handed.extend(_handed(program, index, function))
        found.taken.extend(_taken(program, index, kept, function))
    answering = {route.function for route in routes(program)} if kept else set()
    for function in kept:
        asked = any(has(program.values(n), names.DEPENDS) for n in index.callers.get(function, ()))
        takes = any(has(program.values(a), names.SESSION) for a in function.parameters)
        if takes and (asked or function in answering):
            found.injected.add(function)
    for function in found.waiting:
        for node in index.callers.get(function, ()) if function.name != "__init__" else ():
            path = index.paths[node]
            if program.function_of(node) in kept or kept_sync(program, path):
                continue
            if not (function.cls in holders or (isinstance(node, ast.Call) and given(program, node))):
                continue
            if isinstance(node, ast.Call) and not function.is_generator and not function.is_async:
                found.points.append((path, Point(PointKind.KEPT, node, f"{function.qualname}(), which stays sync,")))
            else:
                found.unbridged.append((path, node, function))
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


def _read_from(
    program: Program, kept: set[FunctionInfo], holders: set[ClassInfo]
) -> Iterator[tuple[str, ast.AST, FunctionInfo]]:
    """Where code that is migrated reads the session of an object that holds a sync one: `self.users.db`."""
    for path in sorted(program.modules if holders else ()):
        nodes = program.modules[path].source.nodes_of(ast.Attribute) if not kept_sync(program, path) else ()
        for node in nodes:
            if program.function_of(node) in kept or not has(program.values(node), names.SESSION):
                continue
            owners = [v.info for v in program.values(node.value) if isinstance(v, Obj) and v.info in holders]
            makers = [m for m in (program.classes.method(c, "__init__") for c in owners) if m is not None]
            if makers:
                yield path, node, makers[0]


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
