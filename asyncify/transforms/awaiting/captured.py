"""Listeners that use an object of the function around them: `connection.begin_nested()`.

SQLAlchemy calls them in its greenlet, and they stay plain: they use the sync object inside of the async one.
Source: SQLAlchemy asyncio, "Using events with the asyncio extension".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.api import INSIDE, Form, form_of
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace

HELD = {**INSIDE, names.SESSION: "sync_session"}


def captured_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """`x.begin_nested()` to `x.sync_connection.begin_nested()`, where `x` is of an async function around."""
    colouring = program.colouring
    for function in module.functions.values():
        if function.parent is None or function not in colouring.kept or function in colouring.twins.functions:
            continue
        for node in function.nodes:
            func = node.func if isinstance(node, ast.Call) else None
            if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
                continue
            inner = _inner(program, func)
            if inner and _is_of_async(program, function, func.value.id):
                because = "a listener runs in the greenlet, on the sync object inside"
                target = module.source.target(func.value)
                yield Edit("await", module.path, target, Replace(f"$it.{inner}"), group="flip", because=because)


def _inner(program: Program, func: ast.Attribute) -> str:
    """The attribute that holds the sync object, for a method that the async one has in another form."""
    owners = [owner for owner in HELD if has(program.values(func.value), owner)]
    if len(owners) != 1 or form_of(owners[0], func.attr) not in (Form.AWAIT, Form.WITH, Form.ABSENT):
        return ""
    return HELD[owners[0]]


def _is_of_async(program: Program, function: FunctionInfo, name: str) -> bool:
    """Whether a name in a function is one of a function around it that waits."""
    around: FunctionInfo | None = function
    while around is not None and name not in around.local_names:
        around = around.parent
    return around is not None and around is not function and _waits(program, around)


def _waits(program: Program, function: FunctionInfo) -> bool:
    return function.is_async or function in program.colouring.becomes_async
