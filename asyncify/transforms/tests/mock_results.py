"""What mocks of methods that become async give: something plain, where a test says what calls on it give.

`store.find.return_value.first.return_value = row`: what an `AsyncMock` gives is an `AsyncMock` again, whose `first`
gives a coroutine. Source: `unittest.mock`, "AsyncMock".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

SAID = ("return_value", "side_effect")


def given_by_methods(target: ast.expr) -> Iterator[ast.Attribute]:
    """In what an assignment says of the calls on results, the results: `store.find.return_value`."""
    if not isinstance(target, ast.Attribute) or target.attr not in SAID:
        return
    inner, called = target.value, False
    while isinstance(inner, (ast.Attribute, ast.Call)):
        if isinstance(inner, ast.Attribute):
            if inner.attr == "return_value" and called and isinstance(inner.value, ast.Attribute):
                yield inner
            called = called or inner.attr != "return_value"
            inner = inner.value
        else:
            inner = inner.func


def called_for_results(node: ast.AST) -> Iterator[ast.Call]:
    """In what a statement says or asserts of a mock, the calls that stand for their results: `store.find()` in
    `store.find().first.return_value = row`."""
    inner: ast.AST | None = None
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and node.targets[0].attr in SAID:
        inner = node.targets[0]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        inner = node.value.func if node.value.func.attr.startswith("assert_") else None
    while isinstance(inner, (ast.Attribute, ast.Call)):
        if isinstance(inner, ast.Call):
            yield inner
            inner = inner.func
        else:
            inner = inner.value


def is_first(scope: ast.AST, node: ast.Assign, result: ast.Attribute) -> bool:
    """Whether an assignment is the first in a function that speaks of a result, and nothing else says what that is."""
    text = ast.unparse(result)
    assigned = [n for n in ast.walk(scope) if isinstance(n, ast.Assign)]
    if any(ast.unparse(target) == text for n in assigned for target in n.targets):
        return False
    first = min((n for n in assigned if any(_speaks(t, text) for t in n.targets)), key=lambda n: n.lineno)
    return first is node


def _speaks(target: ast.expr, text: str) -> bool:
    return any(isinstance(n, ast.Attribute) and ast.unparse(n) == text for n in ast.walk(target))
