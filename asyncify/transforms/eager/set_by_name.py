"""Collections that are set by a name: `for name, value in values.items(): setattr(user, name, value)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.key_names import KeyNames, is_key
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Rec, has, objects
from asyncify.transforms.eager.reading import QUERIES

VIEWS = frozenset({"items", "keys"})


def collections_set(program: Program, keys: KeyNames, path: str, call: ast.Call) -> Iterator[tuple[ClassInfo, str]]:
    """The collections that a `setattr(...)` may set, each with the class of the instance. What an `__init__` sets on
    its own instance has nothing to load."""
    function = program.function_of(call)
    if len(call.args) < 3 or (function is not None and function.name == "__init__"):
        return
    names = texts(program, keys, path, call.args[1])
    held = not names and _is_list(program, call.args[2])  # whatever its name is, what is given a list is a collection
    for info in sorted({o.info for o in objects(program.values(call.args[0]))}, key=lambda c: (c.path, c.qualname)):
        for name in sorted(program.orm.relationships(info) if held and program.orm.is_model(info) else names):
            relationship = program.orm.relationship(info, name)
            if relationship is not None and relationship.collection and relationship.lazy not in QUERIES:
                yield info, name


def _is_list(program: Program, node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.ListComp)) or has(program.values(node), "list")


def texts(program: Program, keys: KeyNames, path: str, node: ast.expr) -> frozenset[str]:
    """The texts that an expression is known to be: a constant, or a key of what a loop around it goes over."""
    found = keys.of(path, node) or frozenset[str]()
    current: ast.AST | None = node
    while current is not None and isinstance(node, ast.Name):
        if isinstance(current, (ast.For, ast.AsyncFor)) and is_key(current.target, node.id):
            for value in program.values(_mapping(current.iter)):
                found |= {key for key, _ in value.items} if isinstance(value, Rec) else frozenset()
        current = program.modules[path].source.parent(current)
    return found


def _mapping(node: ast.expr) -> ast.expr:
    """`values` of `values.items()`."""
    view = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS
    return node.func.value if view else node  # type: ignore[attr-defined]
