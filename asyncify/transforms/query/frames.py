"""The session of a query that a function made for its caller, in the caller's words."""

from __future__ import annotations

import ast

from asyncify.analysis.values import Fn
from asyncify.transforms.query.shapes import assigned
from asyncify.transforms.query.uses import Uses


def in_callers_words(uses: Uses, session: ast.expr, site: ast.AST, place: ast.expr) -> ast.expr | None:
    """The session of a site as an expression at `place`, where the query came from one call of the site's function.

    `self.db` of a method is `repo.db` for who calls `repo.method()`; a parameter is what the caller passed.
    Returns None where there is no such call, or where it is not the only way that the query can come.
    """
    made = uses.program.function_of(site)
    call = _origin(uses, place)
    if made is None or call is None:
        return None
    function = next((f for f in uses.program.calls(call) if f.info is made), None)
    if function is None:
        return None
    steps: list[str] = []
    root = session
    while isinstance(root, ast.Attribute):
        steps.append(root.attr)
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    found = _argument(call, function, root.id)
    if found is None:
        return None
    for name in reversed(steps):
        found = ast.Attribute(value=found, attr=name, ctx=ast.Load())
    return found


def _origin(uses: Uses, node: ast.expr) -> ast.Call | None:
    """The one call that gave the query in an expression, the links on it taken off."""
    root = _root(uses, node)
    if isinstance(root, ast.Call):
        return root
    function = uses.program.function_of(node)
    if not isinstance(root, ast.Name) or function is None:
        return None
    found = {_root(uses, value) for value in assigned(function, root.id)}
    calls = {value for value in found if not (isinstance(value, ast.Name) and value.id == root.id)}
    only = calls.pop() if len(calls) == 1 else None
    return only if isinstance(only, ast.Call) else None


def _root(uses: Uses, node: ast.expr) -> ast.expr:
    while (
        isinstance(node, ast.Call)
        and node not in uses.sites
        and isinstance(node.func, ast.Attribute)
        and node.func.value in uses.holds
    ):
        node = node.func.value
    return node


def _argument(call: ast.Call, function: Fn, name: str) -> ast.expr | None:
    """What a call hands over for a parameter; for the first of a bound method, the receiver."""
    spec = function.info.node.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    if function.bound and function.info.cls is not None and positional:
        if positional[0] == name:
            return call.func.value if isinstance(call.func, ast.Attribute) else None
        positional = positional[1:]
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if name in positional and not any(isinstance(a, ast.Starred) for a in call.args):
        index = positional.index(name)
        if index < len(call.args):
            return call.args[index]
    return None
