"""Reads for which nothing is loaded beforehand: the attribute is awaited where it is read.

`for role in await user.awaitable_attrs.roles` sends what a lazy load sends, and only where nothing has loaded it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from asyncify.analysis.evaluated import COMPREHENSIONS
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.transforms.eager.reading import Reader, Steps


def are_awaited(
    program: Program, function: FunctionInfo, readers: Mapping[Steps, list[Reader]], *, optional: bool
) -> bool:
    """Whether each of some readers in a function reads one relationship of the instance itself, and can wait.

    An answer is read before it is returned, which takes an instance. optional: there may be none.
    """
    return all(
        len(steps) == 1 and _can_wait(program, function, reader) and not (optional and reader.kind == "schema")
        for steps, found in readers.items()
        for reader in found
    )


def _can_wait(program: Program, function: FunctionInfo, reader: Reader) -> bool:
    node = reader.node
    if reader.kind == "schema" and not reader.apart and isinstance(node, ast.expr):
        return isinstance(function.source.parent(node), ast.Return) and bool(program.async_attributes.bases(node))
    if reader.kind != "code" or reader.apart or reader.inner is not None or not isinstance(node, ast.Attribute):
        return False
    if program.function_of(node) is not function or not isinstance(node.ctx, ast.Load):
        return False
    source = function.source
    inner: ast.AST = node
    outer = source.parent(node)
    while outer is not None and not isinstance(outer, ast.stmt):
        if isinstance(outer, ast.Lambda):
            return False
        if isinstance(outer, COMPREHENSIONS) and inner is not outer.generators[0]:
            return False
        if isinstance(outer, ast.comprehension) and inner is not outer.iter:
            return False
        inner, outer = outer, source.parent(outer)
    return bool(program.async_attributes.bases(node.value))
