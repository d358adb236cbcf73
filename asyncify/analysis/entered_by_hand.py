"""Context managers that code enters and leaves itself: `session = SessionLocal().__enter__()`.

Async ones have `__aenter__()` and `__aexit__()`, which are waited for. Source: Python data model, "Asynchronous Context
Managers".
"""

from __future__ import annotations

import ast

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.program import Program
from asyncify.knowledge.barriers import ASYNC_METHODS, CONTEXT_METHODS

ENTER = "__enter__"


def entered_by_hand(node: ast.Call) -> ast.expr | None:
    """The context manager in `x.__enter__()` and `x.__exit__(...)`; None for other calls and for `super()`."""
    func = node.func
    if not isinstance(func, ast.Attribute) or func.attr not in CONTEXT_METHODS:
        return None
    made = func.value.func if isinstance(func.value, ast.Call) else None
    return None if isinstance(made, ast.Name) and made.id == "super" else func.value


def is_entered_by_hand(program: Program, made: ast.Call) -> bool:
    """Whether the function that makes a context manager enters it so, at once or by the name that it gives it;
    or a method of its class, where it keeps it in an attribute."""
    function = program.function_of(made)
    if function is None:
        return False
    holder = function.source.parent(made)
    named = holder.targets[0] if isinstance(holder, ast.Assign) and len(holder.targets) == 1 else None
    path = path_text(named) if named is not None and is_path(named) else ""
    # an attribute may be entered by any method
    kept = isinstance(named, ast.Attribute) and function.cls is not None
    functions = function.cls.methods.values() if kept and function.cls is not None else [function]
    names = (ENTER, ASYNC_METHODS[ENTER])
    return any(
        node.value is made or (path and is_path(node.value) and path_text(node.value) == path)
        for each in functions
        for node in each.nodes
        if isinstance(node, ast.Attribute) and node.attr in names
    )
