"""What promises instances and may be something else: lists of dictionaries that were made of them, a response."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import objects
from asyncify.transforms.eager.sources import returned

GROWS = frozenset({"append", "add", "insert"})


def may_hold_others(program: Program, node: ast.expr, seen: frozenset[object] = frozenset()) -> bool:
    """Whether a list may have members of which it is not known that they are instances, whatever annotations say."""
    function = program.function_of(node)
    if isinstance(node, ast.Await):
        return may_hold_others(program, node.value, seen)
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return _is_other(program, node.elt)
    if isinstance(node, ast.List):
        return any(_is_other(program, one) for one in node.elts)
    if isinstance(node, ast.Call):
        return any(
            may_hold_others(program, result, seen | {called.info})
            for called in program.calls(node)
            if called.info not in seen
            for result in returned(called.info)
        )
    if isinstance(node, ast.Name) and function is not None and (function, node.id) not in seen:
        seen |= {(function, node.id)}
        values = (value for n in function.nodes if (value := assigned_value(n, node.id)) is not None)
        return any(may_hold_others(program, value, seen) for value in values) or any(
            _is_other(program, member) for member in _added(function, node.id)
        )
    return False


def may_be_other(program: Program, node: ast.expr, seen: frozenset[object] = frozenset()) -> bool:
    """Whether a name or a call may give something else than an instance or None: a response that a service returns in
    its place."""
    function = program.function_of(node)
    if isinstance(node, ast.Await):
        return may_be_other(program, node.value, seen)
    called = [one.info for one in program.calls(node)] if isinstance(node, ast.Call) else []
    if called:
        fresh = [info for info in called if info not in seen]
        return any(may_be_other(program, r, seen | {info}) for info in fresh for r in returned(info))
    if isinstance(node, ast.Name) and function is not None:
        values = [value for n in function.nodes if (value := assigned_value(n, node.id)) is not None]
        return (function, node.id) not in seen and any(
            may_be_other(program, value, seen | {(function, node.id)}) for value in values
        )
    return isinstance(node, ast.Call) and bool(program.values(node)) and _is_other(program, node)


def _added(function: FunctionInfo, name: str) -> Iterator[ast.expr]:
    """What a function puts into the list of a name."""
    for node in function.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        holder = node.func.value
        if node.func.attr in GROWS and isinstance(holder, ast.Name) and holder.id == name:
            yield node.args[-1]


def _is_other(program: Program, node: ast.expr) -> bool:
    return not any(True for _ in objects(program.values(node)))
