"""Which row of the table of barriers speaks about a function, and what a library does with one that it is given."""

from __future__ import annotations

import ast

from asyncify.analysis.forms import has_async_form
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, Fn, Inst, Member
from asyncify.knowledge.barriers import BY_CALLEE, BY_DECORATOR, BY_METHOD, Barrier, Handing, Treatment
from asyncify.knowledge.names import canonical

#: what the configuration calls an entry point
ENTRY_POINT = Barrier("configuration", "entry-points", Treatment.ENTRY, "entry-points of [tool.asyncify] names it")


def barrier_of(program: Program, function: FunctionInfo) -> Barrier | None:
    """What keeps a function from becoming async."""
    if function in program.overrides.entries:
        return ENTRY_POINT
    if function.cls is not None and has_async_form(function):
        return None
    if function.cls is not None and function.name in BY_METHOD:
        return BY_METHOD[function.name]
    for node in function.node.decorator_list:
        for name in _decorator_names(program, function, node):
            if name in BY_DECORATOR:
                return BY_DECORATOR[name]
    return None


def _decorator_names(program: Program, function: FunctionInfo, node: ast.expr) -> list[str]:
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


def callee_name(program: Program, call: ast.Call) -> str:
    """The canonical library name of what is called, or an empty string."""
    for value in program.values(call.func):
        if isinstance(value, Ext):
            return canonical(value.name)
        if isinstance(value, Member):
            return f"{value.base.type}.{value.name}"
    return ""


def handing_of(program: Program, call: ast.Call) -> Handing | None:
    """What a call does with a function that it is given."""
    return BY_CALLEE.get(callee_name(program, call))
