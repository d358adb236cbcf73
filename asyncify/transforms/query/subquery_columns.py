"""What a column of a subquery was made of: `tags.c.names` of `select(..., array_agg(Tag.name).label("names"))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.values import Inst

MADE = frozenset({"subquery", "cte", "alias", "lateral"})
DEPTH = 4


def labelled(program: Program, node: ast.Attribute) -> Iterator[ast.expr]:
    """The expressions that `x.c.name` may stand for, by their labels."""
    if isinstance(node.value, ast.Attribute) and node.value.attr in ("c", "columns"):
        for site in _sites(program, node.value.value, 0):
            for given in site.args:
                if _label(given) == node.attr:
                    yield given


def _sites(program: Program, node: ast.expr, depth: int) -> Iterator[ast.Call]:
    """The `query(...)` and `select(...)` calls of which an expression is a subquery."""
    if depth > DEPTH:
        return
    if isinstance(node, ast.Name):
        function = program.function_of(node)
        for stmt in function.nodes if function is not None else ():
            if isinstance(stmt, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in stmt.targets):
                yield from _sites(program, stmt.value, depth + 1)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in MADE:
            for value in program.values(node.func.value):
                if isinstance(value, Inst) and value.origin is not None and isinstance(value.origin.site, ast.Call):
                    yield value.origin.site
        for called in program.calls(node):
            for inner in called.info.nodes:
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from _sites(program, inner.value, depth + 1)


def _label(node: ast.expr) -> str:
    """`"names"` of `x.label("names")`."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "label"
    first = node.args[0] if named and node.args else None  # type: ignore[attr-defined]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
