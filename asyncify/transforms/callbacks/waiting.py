"""Whether what a test hands over will have to be awaited."""

from __future__ import annotations

import ast
from collections.abc import Collection

from asyncify.analysis.program import Program
from asyncify.analysis.values import Fn, Member
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of


def must_wait(program: Program, node: ast.expr, kept: Collection[ast.AST] = ()) -> bool:
    """A function of the program that becomes async, a method of a session or test client, or a lambda that calls one.

    kept: test clients that stay as they are.
    """
    if isinstance(node, ast.Lambda):
        return any(isinstance(n, ast.Call) and must_wait(program, n.func) for n in ast.walk(node.body))
    for value in program.values(node):
        if isinstance(value, Member) and form_of(value.base.type, value.name) is Form.AWAIT:
            return (
                value.base.type != names.TEST_CLIENT
                or not kept
                or value.base.origin is None
                or (value.base.origin.site not in kept)
            )
        if isinstance(value, Fn) and value.info in program.colouring.becomes_async and not value.info.is_generator:
            return True
    return False
