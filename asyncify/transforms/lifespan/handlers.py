"""How a lifespan calls what was registered as an event handler."""

from __future__ import annotations

import ast
import builtins

from asyncify.analysis.lifespan_facts import App, Registration, is_application
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Fn, Inst, Member
from asyncify.knowledge import names
from asyncify.knowledge.lifespan import SYNC_METHODS


def call_of(program: Program, app: App, registration: Registration) -> str | None:
    """The statement that runs a handler as the framework did; None where that cannot be known.

    What must be known: that the name still means the registered object when the application starts, and whether the
    object is a coroutine function, because only those are awaited.
    """
    handler = registration.handler
    if isinstance(handler, FunctionInfo):
        bound_once = handler.name in stable_names(program, registration.path)
        known = handler.parent is None and handler.cls is None and bound_once and _as_written(program, handler)
        return _call(handler.is_async, handler.name, "") if known else None
    if handler is None or not is_stable(program, registration.path, handler):
        return None
    source = program.modules[registration.path].source
    if isinstance(handler, ast.Lambda):
        inner = handler.body
        awaitable = any(f.info.is_async for n in ast.walk(inner) for f in program.calls(n))
        plain = not any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr) for n in ast.walk(inner))
        no_parameters = not ast.unparse(handler.args)
        return source.segment(inner) if plain and no_parameters and not awaitable else None
    if isinstance(handler, ast.Call):
        return _partial(program, registration.path, handler)
    is_async = _is_async(program, handler)
    return None if is_async is None else _call(is_async, source.segment(handler), "")


def _partial(program: Program, path: str, node: ast.Call) -> str | None:
    """`functools.partial(f, 1)` is called as `f(1)`; its arguments must be the same later."""
    if program.values(node.func) != {Ext("functools.partial")} or not node.args:
        return None
    target, *rest = node.args
    arguments: list[ast.expr] = [*rest, *(k.value for k in node.keywords)]
    if not all(isinstance(a, ast.Name | ast.Attribute | ast.Constant) for a in arguments):
        return None
    is_async = _is_async(program, target)
    segment = program.modules[path].source.segment
    given = [*map(segment, rest), *(f"{k.arg}={segment(k.value)}" for k in node.keywords if k.arg)]
    if is_async is None or len(given) != len(arguments):
        return None
    return _call(is_async, segment(target), ", ".join(given))


def _call(is_async: bool, function: str, arguments: str) -> str:
    return f"{'await ' if is_async else ''}{function}({arguments})"


def _is_async(program: Program, node: ast.expr) -> bool | None:
    """Whether a reference to a function is one to a coroutine function; None where that cannot be known."""
    values = program.values(node)
    if len(values) != 1:
        return None
    (value,) = values
    if isinstance(value, Fn) and _as_written(program, value.info):
        return value.info.is_async
    if isinstance(value, Member) and (value.base.type, value.name) in SYNC_METHODS:
        return False
    return None


def _as_written(program: Program, info: FunctionInfo) -> bool:
    """Whether calling the name of a function runs its body: no generator, no decorator that may change it."""
    return not info.is_generator and all(_keeps_function(program, d) for d in info.node.decorator_list)


def _keeps_function(program: Program, decorator: ast.expr) -> bool:
    """Decorators of apps and routers register a function and give it back."""
    func = decorator.func if isinstance(decorator, ast.Call) else None
    if isinstance(func, ast.Attribute):
        routers = (v for v in program.values(func.value) if isinstance(v, Inst) and v.type == names.ROUTER)
        return is_application(program, func.value) or any(routers)
    return isinstance(decorator, ast.Name) and decorator.id == "staticmethod"


def stable_names(program: Program, path: str) -> frozenset[str]:
    """The top-level names of a module that mean the same at any time: bound once, in no function.

    To import the same thing once more changes nothing.
    """
    module = program.modules[path]
    declared = {n for node in module.source.nodes if isinstance(node, ast.Global) for n in node.names}
    once = (n for n, places in module.top.items() if len({_binds(place, n) for place in places}) == 1)
    return frozenset(once) - declared


def _binds(statement: ast.stmt, name: str) -> object:
    """What tells apart the statements that bind a name: of an import from a module, what it imports."""
    if isinstance(statement, ast.ImportFrom):
        found = [a.name for a in statement.names if (a.asname or a.name) == name]
        if len(found) == 1:
            return statement.level, statement.module, found[0]
    return statement


def is_stable(program: Program, path: str, node: ast.expr) -> bool:
    """Whether an expression at the top of a module means the same when it is evaluated later."""
    module = program.modules[path]
    stable = stable_names(program, path)
    parameters = {
        a.arg for n in ast.walk(node) if isinstance(n, ast.Lambda) for a in ast.walk(n.args) if isinstance(a, ast.arg)
    }
    for name in (n.id for n in ast.walk(node) if isinstance(n, ast.Name)):
        if name in parameters or name in stable:
            continue
        if name in module.top:
            return False
        if program.names.resolve(path, name) is None and name not in dir(builtins):
            return False
    return True
