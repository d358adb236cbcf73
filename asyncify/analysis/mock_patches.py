"""`patch` of `unittest.mock`: what it is, and which parameters it gives a mock."""

from __future__ import annotations

import ast

from asyncify.analysis.nodes import last_name
from asyncify.analysis.symbols import FunctionInfo


def is_patch(node: ast.expr) -> bool:
    """`patch(...)`, or `patch.object(...)`."""
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    return name == "patch" or (
        name == "object" and isinstance(node.func, ast.Attribute) and last_name(node.func.value) == "patch"
    )


def given_by_patches(function: FunctionInfo) -> list[tuple[ast.expr, ast.arg]]:
    """The parameters that `@patch` gives a mock, whatever fixtures are called."""
    parameters = function.parameters[1 if function.cls is not None else 0 :]
    given = _giving(function.node.decorator_list)
    if function.cls is not None and function.name.startswith("test"):
        given += _giving(function.cls.node.decorator_list)  # each test of the class gets these behind its own
    return list(zip(given, parameters, strict=False))


def _giving(decorators: list[ast.expr]) -> list[ast.expr]:
    """The patches that give what they decorate a mock, in the order of the parameters."""
    return [d for d in reversed(decorators) if is_patch(d) and not has_new(d)]


def has_new(node: ast.expr) -> bool:
    """Whether a `patch` is told what to put there."""
    assert isinstance(node, ast.Call)
    position = 2 if last_name(node.func) == "object" else 1
    return len(node.args) > position or any(k.arg in ("new", "new_callable") for k in node.keywords)
