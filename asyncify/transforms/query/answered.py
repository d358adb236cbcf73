"""Queries that a route answers with: pydantic iterates over them where the answer is a list of a schema.

Source: pydantic 2, "Conversion Table": a list is made of any iterable in lax mode.
"""

from __future__ import annotations

import ast
from collections import defaultdict

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Route, routes
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical

LISTS = frozenset({"builtins.list", "typing.List", "typing.Sequence", "collections.abc.Sequence"})


def answering_lists(program: Program) -> frozenset[FunctionInfo]:
    """The functions that FastAPI alone calls, and that answer with a list of a schema on all their routes."""
    found: dict[FunctionInfo, list[Route]] = defaultdict(list)
    for route in routes(program):
        found[route.function].append(route)
    called = {target.info for targets in program.facts.calls.values() for target in targets}
    return frozenset(
        function
        for function, its in found.items()
        if function not in called
        and len(function.node.decorator_list) == len(its)
        and all(route.response is not None and _is_list(program, *route.response) for route in its)
    )


def _is_list(program: Program, annotation: ast.expr, path: str) -> bool:
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if isinstance(head, ast.Name) and head.id == "list":
        return True
    found = program.names.resolve_expression(path, head)
    return isinstance(found, Ext) and canonical(found.name) in LISTS
