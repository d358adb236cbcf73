"""Lambdas that are given queries: `narrow = lambda query: ...`, `functools.reduce(lambda query, one: ..., ...)`."""

from __future__ import annotations

import ast

from asyncify.analysis.source import SourceFile
from asyncify.analysis.values import Ext
from asyncify.transforms.query.paths import values_of
from asyncify.transforms.query.uses import Uses

REDUCE = Ext("functools.reduce")


def reduced(uses: Uses, call: ast.Call) -> ast.expr | None:
    """What `functools.reduce(function, items, first)` begins with."""
    if uses.program.values(call.func) != {REDUCE} or len(call.args) != 3:
        return None
    return call.args[2]


def reducing(uses: Uses, call: ast.Call) -> list[ast.Lambda]:
    """The lambda of a `functools.reduce`; none where it can be another function."""
    return [call.args[0]] if isinstance(call.args[0], ast.Lambda) else []


def is_lambda_in_sight(uses: Uses, source: SourceFile, node: ast.Lambda) -> bool:
    """Whether everything that calls a lambda is known: it is called, or reduced with, where it is written."""
    parent = source.parent(node)
    if isinstance(parent, ast.Call):
        return reduced(uses, parent) is not None and parent.args[0] is node
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    function = uses.program.function_of(node)
    if function is None or len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return False
    name = targets[0].id
    reads = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == name and n is not targets[0]]
    called = all(isinstance(up := source.parent(n), ast.Call) and up.func is n for n in reads)
    return called and values_of(function, name) == [node]
