"""Whether a statement can run without evaluating one of its expressions."""

from __future__ import annotations

import ast
from itertools import takewhile

from asyncify.analysis.source import SourceFile

#: what may not be evaluated although the statement around it is, or runs later
CONDITIONAL = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def is_always_evaluated(source: SourceFile, node: ast.AST) -> bool:
    """Whether an expression is evaluated whenever its statement is."""
    return _evaluated_with(source, node, source.statement(node))


def decided_by(source: SourceFile, first: ast.AST, second: ast.AST) -> ast.expr | None:
    """The condition (`a if b else c`, `a and b`) that lets the second be evaluated only after the first; or None."""
    inner, outer = second, source.parent(second)
    while isinstance(outer, (ast.expr, ast.comprehension, ast.keyword)):
        if isinstance(outer, (ast.Lambda, ast.GeneratorExp)):
            return None  # it runs later
        if isinstance(outer, ast.expr) and any(_evaluated_with(source, first, t) for t in _tests(outer, inner)):
            return outer
        inner, outer = outer, source.parent(outer)
    return None


def _tests(outer: ast.expr, inner: ast.AST) -> list[ast.expr]:
    """What has been evaluated before one part of a condition is."""
    if isinstance(outer, ast.BoolOp):
        return outer.values[: outer.values.index(inner)] if isinstance(inner, ast.expr) else []
    if not isinstance(outer, ast.IfExp) or inner is outer.test:
        return []
    whole = ast.And if inner is outer.body else ast.Or
    test = outer.test
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, whole) else [test]


def _evaluated_with(source: SourceFile, node: ast.AST, top: ast.AST) -> bool:
    """Whether an expression is evaluated whenever what is around it, or the expression itself, is."""
    inner, outer = node, source.parent(node)
    while outer is not None and inner is not top:
        if isinstance(outer, CONDITIONAL) and not _comes_first(outer, inner):
            return False
        inner, outer = outer, source.parent(outer)
        if isinstance(inner, ast.comprehension) and isinstance(outer, COMPREHENSIONS):
            # what a generator expression begins with is evaluated at once, too. Source: Python reference, "Expressions"
            if inner is not outer.generators[0] or not _holds(inner.iter, node):
                return False
            inner, outer = outer, source.parent(outer)
    return inner is top


def gone_through(source: SourceFile, node: ast.AST, path: str) -> ast.expr | None:
    """What a comprehension around an expression goes through for what a path begins with; None where a path means the
    same outside."""
    name, outer = path.partition(".")[0], source.parent(node)
    while isinstance(outer, (ast.expr, ast.comprehension, ast.keyword)):
        for generator in outer.generators if isinstance(outer, COMPREHENSIONS) else ():
            if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(generator.target)):
                return generator.iter
        outer = source.parent(outer)
    return None


def comes_before(source: SourceFile, first: ast.AST, second: ast.AST) -> bool:
    """Whether a statement stands above another, in the same block or in one around it: it runs first in any case."""
    statement = source.statement(first)
    block = source.parent(statement)
    node: ast.AST | None = source.statement(second)
    while node is not None and source.parent(node) is not block:
        node = source.parent(node)
    bodies = (getattr(block, part, None) for part in ("body", "orelse", "finalbody"))
    return any(
        isinstance(body, list) and statement in body and node in body and body.index(statement) < body.index(node)
        for body in bodies
    )


def block_of(source: SourceFile, node: ast.AST) -> list[ast.stmt]:
    """The block that a statement stands in; empty for what stands in none."""
    outer = source.parent(node)
    bodies = (getattr(outer, part, None) for part in ("body", "orelse", "finalbody"))
    return next((body for body in bodies if isinstance(body, list) and node in body), [])


def ahead(source: SourceFile, node: ast.AST) -> list[ast.stmt]:
    """The statements of the same block that come before one."""
    return list(takewhile(lambda statement: statement is not node, block_of(source, node)))


def behind(source: SourceFile, statement: ast.stmt) -> list[ast.stmt]:
    """The statements of the same block that follow one."""
    block = block_of(source, statement)
    return block[block.index(statement) + 1 :] if block else []


def _comes_first(outer: ast.AST, inner: ast.AST) -> bool:
    if isinstance(outer, ast.BoolOp):
        return inner is outer.values[0]
    return isinstance(outer, ast.IfExp) and inner is outer.test


def _holds(root: ast.AST, node: ast.AST) -> bool:
    return any(found is node for found in ast.walk(root))
