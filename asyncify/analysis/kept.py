"""Functions that stay plain because SQLAlchemy calls them with its sync objects."""

from __future__ import annotations

import ast

from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Member
from asyncify.knowledge import names

#: library functions that call what they are given with a sync session or connection
SYNC_CALLBACKS = ("sqlalchemy.event.listen", "sqlalchemy.event.listens_for")
#: the same of elements of DDL, whose classes are often those of the program. Source: `DDLElement.execute_if`
CONDITION = "execute_if"


def kept_functions(program: Program, index: CallIndex) -> set[FunctionInfo]:
    """Functions that SQLAlchemy calls with sync objects, and what only they call.

    Source: SQLAlchemy asyncio documentation, "Using events with the asyncio extension" and "Running synchronous
    methods and functions under asyncio".
    """
    kept: set[FunctionInfo] = set()
    for function in program.functions:
        if function.cls is not None and (
            program.object_factories.is_factory(function.cls)
            or program.classes.derives_from(function.cls, names.QUERY)  # it calls itself, plainly
        ):
            kept.add(function)
        for node in function.node.decorator_list:
            callee = node.func if isinstance(node, ast.Call) else node
            target = program.names.resolve_expression(function.path, callee)
            if isinstance(target, Ext) and target.name in SYNC_CALLBACKS:
                kept.add(function)
    for argument, functions in program.facts.handed.items():
        source = program.modules[index.paths[argument]].source
        call = source.holder(argument)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == CONDITION:
            kept |= {f.info for f in functions}
        for value in program.values(call.func) if isinstance(call, ast.Call) else ():
            name = value.name if isinstance(value, (Ext, Member)) else ""
            if name in SYNC_CALLBACKS or (isinstance(value, Member) and name == "run_sync"):
                kept |= {f.info for f in functions}
    growing = True
    while growing:
        growing = False
        for function in program.functions:
            around = {program.function_of(n) for n in index.callers.get(function, ())}
            # a test that calls it too goes on calling it as it is
            around = {f for f in around if f is None or not is_test(f.path)} or around
            if function not in kept and around and around <= kept:
                kept.add(function)
                growing = True
    return kept


def in_run_sync(module: ModuleInfo, node: ast.AST) -> bool:
    """Whether a node stands in a lambda that is given to `run_sync`."""
    inner, outer = node, module.source.parent(node)
    while outer is not None:
        if isinstance(inner, ast.Lambda) and isinstance(outer, ast.Call):
            if isinstance(outer.func, ast.Attribute) and outer.func.attr == "run_sync":
                return True
        inner, outer = outer, module.source.parent(outer)
    return False
