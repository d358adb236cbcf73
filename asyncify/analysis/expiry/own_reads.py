"""What the methods and properties of a class read of the instance that they belong to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo

PLAIN = frozenset({"staticmethod", "classmethod"})


def own_reads(program: Program, info: ClassInfo, name: str) -> frozenset[str]:
    """The attributes that a read of `instance.name` may read: those that a method or property of that name reads of
    `self`, also through others, and the attribute itself where it is none."""
    found: set[str] = set()
    seen = {name}
    stack = [name]
    for one in stack:
        method = program.classes.method(info, one)
        if method is None:
            found.add(one)
            continue
        fresh = set(_of_self(method)) - seen
        seen |= fresh
        stack.extend(sorted(fresh))
    return frozenset(found)


def _of_self(method: FunctionInfo) -> Iterator[str]:
    if PLAIN & method.decorators or not method.parameters:
        return
    own = method.parameters[0].arg
    for node in method.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == own:
            yield node.attr
