"""The way into expressions and annotations, for everybody who meets one: who knows them is told to the engine."""

from __future__ import annotations

import ast

from asyncify.analysis.infer.run import Run
from asyncify.analysis.nodes import children
from asyncify.analysis.values import NOTHING, Values


def evaluate(run: Run, node: ast.expr) -> Values:
    """The values of an expression, noted for the node and everything inside it."""
    handler = run.expressions.get(type(node))
    if handler is None:
        for child in children(node):
            if isinstance(child, ast.expr):
                evaluate(run, child)
        return NOTHING
    values = handler(run, node)
    return run.note(node, values) if values else NOTHING


def annotated(run: Run, node: ast.expr | None, depth: int = 0) -> Values:
    """The values that an annotation promises; nothing where it says nothing that matters here."""
    return run.engine.language.annotated(run, node, depth)
