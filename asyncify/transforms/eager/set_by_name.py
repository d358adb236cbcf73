"""Collections that are set by a name: `for name, value in values.items(): setattr(user, name, value)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Rec, has, objects
from asyncify.transforms.eager.reading import QUERIES

VIEWS = frozenset({"items", "keys"})


def collections_set(program: Program, path: str, call: ast.Call) -> Iterator[tuple[ClassInfo, str]]:
    """The collections that a `setattr(...)` may set, each with the class of the instance. What an `__init__` sets on
    its own instance has nothing to load."""
    function = program.function_of(call)
    if len(call.args) < 3 or (function is not None and function.name == "__init__"):
        return
    names = texts(program, path, call.args[1])
    held = not names and _is_list(program, call.args[2])  # whatever its name is, what is given a list is a collection
    for info in sorted({o.info for o in objects(program.values(call.args[0]))}, key=lambda c: (c.path, c.qualname)):
        for name in sorted(program.orm.relationships(info) if held and program.orm.is_model(info) else names):
            relationship = program.orm.relationship(info, name)
            if relationship is not None and relationship.collection and relationship.lazy not in QUERIES:
                yield info, name


def _is_list(program: Program, node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.ListComp)) or has(program.values(node), "list")


def texts(program: Program, path: str, node: ast.expr) -> set[str]:
    """The texts that an expression may be: a constant, or a key of the mapping over which a loop around it goes."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    found: set[str] = set()
    current: ast.AST | None = node
    while current is not None and isinstance(node, ast.Name):
        if isinstance(current, (ast.For, ast.AsyncFor)) and _is_key(current.target, node.id):
            for value in program.values(_mapping(current.iter)):
                found |= {key for key, _ in value.items} if isinstance(value, Rec) else set()
        current = program.modules[path].source.parent(current)
    return found


def _is_key(target: ast.expr, name: str) -> bool:
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    return isinstance(first, ast.Name) and first.id == name


def _mapping(node: ast.expr) -> ast.expr:
    """`values` of `values.items()`."""
    view = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS
    return node.func.value if view else node  # type: ignore[attr-defined]
