"""Functions that are called from outside of the program: by a thread, or by a library of which nothing is known.

Nothing tells if a library awaits what it is given, what it decorates or what overrides a method of its classes. A plain
function is right either way: that is what it is given now.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from asyncify.analysis.barriers import callee_name, decorator_names, handing_of, is_aware
from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.forms import has_session_parameter, lambda_around
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Inst, has
from asyncify.knowledge import names
from asyncify.knowledge.barriers import AWARE, BY_CALLEE, Barrier, Handing, Treatment


def outside_barrier(program: Program, index: CallIndex, function: FunctionInfo) -> Barrier | None:
    """What keeps a function plain that something outside of the program calls, if that is so."""
    if function.is_generator:
        return None
    thread = _thread(program, index, function)
    if thread:
        return Barrier("handed", "thread", Treatment.TASK, f"{thread} runs it outside of the event loop")
    if function in index.named:
        # found by its name, it is given nothing of another loop
        return Barrier("handed", "named", Treatment.TASK, f"{index.named[function]} calls it by its name")
    if index.callers[function] or index.consumers[function]:
        return None
    who = _handed(program, index, function)
    if not who and not index.handed[function] and not _is_injected(program, function):
        who = _registered(program, function) or _overridden(program, function)
    return Barrier("handed", "handed", Treatment.TASK, f"nothing is known of {who}") if who else None


def can_run_alone(
    program: Program, function: FunctionInfo, barrier: Barrier, opening: Collection[FunctionInfo]
) -> bool:
    """Whether a function with such a barrier works with nothing of another loop. opening: those that open sessions."""
    return function in opening or (barrier.name != "thread" and not has_session_parameter(program, function))


def keeps_own_sessions(program: Program, function: FunctionInfo) -> bool:
    """Whether a method works with sessions that its class makes and keeps: a task with `self._db = SessionLocal()`."""
    if function.cls is None or any(has(program.values(a), names.SESSION) for a in function.parameters):
        return False
    kept = [
        node.value
        for cls in program.classes.program_ancestors(function.cls)
        for method in cls.methods.values()
        for node in method.nodes
        if isinstance(node, ast.Assign) and has(program.values(node.value), names.SESSION)
        if any(isinstance(target, ast.Attribute) for target in node.targets)
    ]
    made = [isinstance(v, ast.Call) and has(program.values(v.func), names.SESSIONMAKER) for v in kept]
    return bool(made) and all(made)


def _thread(program: Program, index: CallIndex, function: FunctionInfo) -> str:
    """What runs it in a thread or process of its own, or later and by itself in this one; or a lambda that calls it."""
    for node in (*index.handed[function], *index.callers[function]):
        source = program.modules[index.paths[node]].source
        given = node if node in index.handed[function] else lambda_around(source, node)
        call = source.holder(given) if given is not None else None
        if isinstance(call, ast.Call) and handing_of(program, call) is Handing.THREAD:
            return callee_name(program, call) or source.segment(call.func)
    return ""


def _handed(program: Program, index: CallIndex, function: FunctionInfo) -> str:
    """What it is handed to, of which the tables say nothing."""
    for node in index.handed[function]:
        source = program.modules[index.paths[node]].source
        call = source.holder(node)
        if isinstance(call, ast.Call) and handing_of(program, call) is None and not is_aware(program, call):
            return f"{callee_name(program, call) or source.segment(call.func)}, to which it is handed"
    return ""


def _registered(program: Program, function: FunctionInfo) -> str:
    """The decorator of a library that alone knows the function: `@worker_ready.connect`."""
    found = [n for d in function.node.decorator_list for n in _decorator(program, function, d)]
    if not found or is_test_path(function.path) or program.classes.overrides(function):
        return ""
    if any(_library(name) in AWARE or BY_CALLEE.get(name) is Handing.ACCEPTS for name in found):
        return ""
    return f"{found[0]}, which decorates it"


def _decorator(program: Program, function: FunctionInfo, node: ast.expr) -> list[str]:
    """The names of a decorator, or of the library object behind it where no more is known: `@app.ready.connect`."""
    node = node.func if isinstance(node, ast.Call) else node
    found = decorator_names(program, function, node)
    while not found and isinstance(node, ast.Attribute):
        node = node.value
        found = [*decorator_names(program, function, node), *(v.type for v in program.values(node) if type(v) is Inst)]
    return found


def _overridden(program: Program, function: FunctionInfo) -> str:
    """The class of a library that may call a method of its own name: `FileSystemEventHandler.on_created`."""
    if function.cls is None or is_test_path(function.path) or function.name.startswith("__"):
        return ""
    if any(not isinstance(f, FunctionInfo) or f.cls is not function.cls for f in program.classes.overrides(function)):
        return ""
    for base in program.classes.ancestors(function.cls):
        if isinstance(base, Ext) and _library(base.name) not in AWARE:
            return f"{base.name}, from which its class derives"
    return ""


def _is_injected(program: Program, function: FunctionInfo) -> bool:
    """Whether FastAPI gives it what it works with."""
    defaults = (function.default_of(parameter.arg) for parameter in function.parameters)
    return any(default is not None and has(program.values(default), names.DEPENDS) for default in defaults)


def _library(name: str) -> str:
    return name.partition(".")[0]
