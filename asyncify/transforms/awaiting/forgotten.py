"""Coroutines that stand for their own truth: `if user.is_owner or is_moderator(user)`, where an `await` was forgotten.

Everything else that is done with one fails, and shows the mistake; a test of one only takes the same way each time. So
what the program does changes where it is awaited, and whoever wrote it has to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.unawaited import is_unawaited
from asyncify.model.edit import Finding


def forgotten_awaits(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """One finding for each such test of a file."""
    for node in module.source.nodes_of(ast.Call):
        if _is_tested(module, node) and program.colouring.points.get(node) and is_unawaited(program, module, node):
            called = module.source.segment(node.func)
            message = f"nobody awaited {called}(), so that the test of it was always true; it is awaited now"
            advice = "look at what the code does when it is not"
            yield Finding("await", module.path, module.source.span(node), "forgotten-await", message, advice)


def _is_tested(module: ModuleInfo, node: ast.expr) -> bool:
    """Whether somebody asks for the truth of an expression. Nobody does for the last of `cached or load(db)`, which is
    the value of the whole."""
    parent = module.source.parent(node)
    if isinstance(parent, (ast.If, ast.While, ast.IfExp)):
        return parent.test is node
    if isinstance(parent, ast.BoolOp):
        return node is not parent.values[-1] or _is_tested(module, parent)
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
