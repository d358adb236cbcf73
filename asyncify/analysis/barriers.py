"""Which row of the table of barriers speaks about a function, and what a library does with one that it is given."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeGuard

from asyncify.analysis.console_scripts import console_scripts
from asyncify.analysis.driver_connections import on_driver_connections
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.forms import has_async_form
from asyncify.analysis.program import Program
from asyncify.analysis.routes import is_applied_route
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Ext, Fn, Inst, Member, Value
from asyncify.knowledge.barriers import (
    AWARE,
    BY_CALLEE,
    BY_DECORATOR,
    BY_HOOK,
    BY_METHOD,
    BY_OVERRIDE,
    BY_STORE,
    KEEPING,
    Barrier,
    Handing,
    Treatment,
)
from asyncify.knowledge.names import canonical

#: what the configuration calls an entry point
ENTRY_POINT = Barrier("configuration", "entry-points", Treatment.ENTRY, "entry-points of [tool.asyncify] names it")
#: what the manifests of the project name
CONSOLE_SCRIPT = Barrier("manifest", "script", Treatment.ENTRY, "a script of the project calls it synchronously")
#: of the functions that work below SQLAlchemy
DRIVER_CONNECTION = Barrier(
    "call", "driver-connection", Treatment.REFUSE, "the connection of the driver waits without `await`"
)


class Barriers:
    """The barriers of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._stored = dict(_stored(program))
        self._scripts = console_scripts(program.modules, program.workspace.files)
        self._standing = _standing_for_methods(program)
        self._standing |= dict.fromkeys(on_driver_connections(program), DRIVER_CONNECTION)

    def of(self, function: FunctionInfo) -> Barrier | None:
        """What keeps a function from becoming async."""
        if function in self.program.overrides.entries:
            return ENTRY_POINT
        if function in self._scripts:
            return CONSOLE_SCRIPT
        if function.cls is not None and has_async_form(function):
            return None
        if function.cls is not None:
            own = BY_METHOD.get(function.name) or self._overridden(function.cls, function)
            return own or self._decorated(function) or self._standing.get(function)
        if function.parent is None and function.name in BY_HOOK and is_test_path(function.path):
            return BY_HOOK[function.name]
        return self._decorated(function) or self._stored.get(function) or self._standing.get(function)

    def _overridden(self, cls: ClassInfo, function: FunctionInfo) -> Barrier | None:
        """The method of a library class that a method is called in the place of."""
        for base in self.program.classes.ancestors(cls):
            row = BY_OVERRIDE.get(f"{canonical(base.name)}.{function.name}") if isinstance(base, Ext) else None
            if row is not None:
                return row
        return None

    def _decorated(self, function: FunctionInfo) -> Barrier | None:
        for node in function.node.decorator_list:
            for name in decorator_names(self.program, function, node):
                if name in BY_DECORATOR:
                    return BY_DECORATOR[name]
        return None


def _standing_for_methods(program: Program) -> dict[FunctionInfo, Barrier]:
    """What decorators on methods that Python calls by itself bring under the same barrier: `@auto_init()` puts its
    wrapper in the place of an `__init__`, and the wrapper runs other methods that it is used on as well."""
    used: dict[FunctionInfo, list[FunctionInfo]] = defaultdict(list)
    for function in program.functions:
        for node in function.node.decorator_list:
            for value in program.values(node):
                if isinstance(value, Fn) and value.info.functions:
                    used[value.info].append(function)
    found: dict[FunctionInfo, Barrier] = {}
    for decorator, functions in used.items():
        barriers = [BY_METHOD[f.name] for f in functions if f.cls is not None and f.name in BY_METHOD]
        if barriers and all(f.cls is not None for f in functions):
            found |= dict.fromkeys((*decorator.functions, *functions), barriers[0])
    return found


def _stored(program: Program) -> Iterator[tuple[FunctionInfo, Barrier]]:
    """Functions that are put into a dictionary of a library that calls them: `templates.env.filters["money"] = f`."""
    for path in sorted(program.modules):
        for node in program.modules[path].source.nodes_among(frozenset({ast.Assign, ast.Call})):
            values: list[ast.expr] = []
            holder: ast.expr | None = None
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                holder, values = node.targets[0].value, [node.value]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
                holder, values = node.func.value, [k.value for k in node.keywords]
                values += [v for a in node.args if isinstance(a, ast.Dict) for v in a.values]
            row = BY_STORE.get(f"{_kind(program, holder.value)}.{holder.attr}") if _is_attribute(holder) else None
            for value in values if row is not None else ():
                yield from ((v.info, row) for v in program.values(value) if isinstance(v, Fn) and row is not None)


def _is_attribute(node: ast.expr | None) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute)


def _kind(program: Program, node: ast.expr) -> str:
    """The library class of an object; an attribute that is not known is `Class.attribute`."""
    for value in program.values(node):
        if isinstance(value, Inst):
            return value.type
        if isinstance(value, Member):
            return f"{value.base.type}.{value.name}"
    return f"{_kind(program, node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def decorator_names(program: Program, function: FunctionInfo, node: ast.expr) -> list[str]:
    """The canonical names that a decorator may have: of a library function, or of a method of a library object."""
    target = node.func if isinstance(node, ast.Call) else node
    found = []
    for value in program.values(target):
        if isinstance(value, Ext):
            found.append(canonical(value.name))
        elif isinstance(value, Member):
            found.append(f"{value.base.type}.{value.name}")
    static = program.names.resolve_expression(function.path, target)
    if isinstance(static, Ext):
        found.append(static.name)
    if isinstance(target, ast.Name) and not found and target.id in ("property",):
        found.append("builtins.property")
    if isinstance(target, ast.Attribute):
        if target.attr in ("setter", "deleter", "expression", "comparator"):
            found.append("builtins.property")
        base = program.values(target.value)
        if target.attr in ("command", "group") and any(isinstance(v, Fn) for v in base):
            found.append("click.Group.command")
        if any(isinstance(v, Inst) and v.type == "celery.Celery" for v in base):
            found.append("celery.Celery.task")
    return found


def library_name(value: Value) -> str:
    """The canonical name of a function of a library, or of the method of a library object; else an empty string."""
    if isinstance(value, Ext):
        return canonical(value.name)
    return f"{value.base.type}.{value.name}" if isinstance(value, Member) else ""


def callee_name(program: Program, call: ast.Call) -> str:
    """The canonical library name of what is called, or an empty string."""
    return min(filter(None, map(library_name, program.values(call.func))), default="")


def _taker_name(program: Program, call: ast.Call) -> str:
    """The same of what is given a function: of a decorator that is applied by hand, `app.on_event("startup")(connect)`,
    that of what has made it."""
    name = callee_name(program, call)
    return callee_name(program, call.func) if not name and isinstance(call.func, ast.Call) else name


def handing_of(program: Program, call: ast.Call) -> Handing | None:
    """What a call does with a function that it is given: `subparsers.add_parser("load").set_defaults(run=load)`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in KEEPING:
        return Handing.THREAD
    if is_applied_route(program, call):
        return Handing.ACCEPTS
    return BY_CALLEE.get(_taker_name(program, call))


def is_aware(program: Program, call: ast.Call) -> bool:
    """Whether a call that is given a function is one of the program, or of a library that takes async functions."""
    library = _taker_name(program, call).partition(".")[0]
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("dependency_overrides"):
        return True
    return library in AWARE if library else bool(program.values(call.func))
