"""Callables of which nothing is known: `f = pickle.loads(data) if isinstance(data, bytes) else f`.

Source: Python library reference, "pickle": what is loaded may be any function, plain or async.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext


def may_be_loaded(program: Program, node: ast.Call) -> bool:
    """Whether what is called has a name that is also given what a library function has made, and nobody knows what."""
    function = program.function_of(node)
    if function is None or not isinstance(node.func, ast.Name):
        return False
    given = (assigned_value(statement, node.func.id) for statement in function.nodes)
    return any(_is_unknown(program, branch) for value in given if value is not None for branch in _branches(value))


def _branches(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _branches(node.body)
        yield from _branches(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _branches(value)
    else:
        yield node


def _is_unknown(program: Program, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or program.values(node) or program.calls(node):
        return False
    return any(isinstance(value, Ext) for value in program.values(node.func))
