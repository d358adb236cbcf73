"""Names and attributes of names (`db`, `self.db`, `repo.session`): what they stand for, where they stay the same."""

from __future__ import annotations

import ast

from asyncify.analysis.assignments import only_value
from asyncify.analysis.dotted import is_path, root_of
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo


def with_root(path: ast.expr, root: ast.expr) -> ast.expr:
    """The path with another expression in the place of its first name."""
    if isinstance(path, ast.Attribute):
        return ast.Attribute(value=with_root(path.value, root), attr=path.attr, ctx=ast.Load())
    return root


def owner_of(function: FunctionInfo | None, name: str) -> FunctionInfo | None:
    """The function whose local a name is; None for a name of the module."""
    while function is not None and name not in function.local_names:
        function = function.parent
    return function


def is_parameter(function: FunctionInfo, name: str) -> bool:
    """Whether a name is one of a function's parameters."""
    return any(arg.arg == name for arg in function.parameters)


def is_steady(program: Program, path: ast.expr, place: ast.AST) -> bool:
    """Whether a path means the same anywhere in the function that owns it, as seen from a place."""
    owner = owner_of(program.function_of(place), root_of(path))
    return owner is None or stays(owner, path)


def stays(owner: FunctionInfo, path: ast.expr) -> bool:
    """Whether a path of a function is bound once there."""
    return _bound_once(owner, root_of(path)) and not _attribute_stores(owner, ast.unparse(path))


def alias_of(program: Program, path: ast.expr, place: ast.AST) -> ast.expr | None:
    """`db = self.db`: the path that a local name always stands for."""
    if not isinstance(path, ast.Name):
        return None
    owner = owner_of(program.function_of(place), path.id)
    value = only_value(owner, path.id) if owner is not None else None
    return value if is_path(value) else None


def values_of(function: FunctionInfo, name: str) -> list[ast.expr] | None:
    """The values that a function assigns to a name; None where something else than an assignment binds it too."""
    found: list[ast.expr] = []
    stores = 0
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name and _writes(node):
            stores += 1
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            mine = [t for t in targets if isinstance(t, ast.Name) and t.id == name]
            found += [node.value] * len(mine)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            stores -= 1  # `query: Query` alone binds nothing
    return found if len(found) == stores else None


def _bound_once(function: FunctionInfo, name: str) -> bool:
    stores = sum(1 for n in function.nodes if isinstance(n, ast.Name) and n.id == name and _writes(n))
    return stores + is_parameter(function, name) == 1


def _attribute_stores(function: FunctionInfo, text: str) -> bool:
    return any(isinstance(n, ast.Attribute) and _writes(n) and ast.unparse(n) == text for n in function.nodes)


def _writes(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))
