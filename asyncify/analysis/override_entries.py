"""What `app.dependency_overrides` is filled with: by item, in a display that is assigned, and as argument of `update`
or `patch.dict`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.source import SourceFile
from asyncify.knowledge.testing import OVERRIDES


def override_entries(source: SourceFile) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a file overrides and with what."""
    for node in source.nodes_among(frozenset({ast.Assign, ast.Dict})):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _names_overrides(target.value):
                    yield target.slice, node.value
        elif isinstance(node, ast.Dict) and fills_overrides(source, node):
            yield from ((k, v) for k, v in zip(node.keys, node.values, strict=True) if k is not None)


def fills_overrides(source: SourceFile, node: ast.Dict) -> bool:
    """Whether a display is what overrides are, or what is added to them."""
    if OVERRIDES not in source.text:
        return False
    user = source.parent(node)
    beside = [*user.targets] if isinstance(user, ast.Assign) else []
    beside += [user.func, *user.args] if isinstance(user, ast.Call) else []
    return any(_names_overrides(n) for given in beside for n in ast.walk(given))


def _names_overrides(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == OVERRIDES
