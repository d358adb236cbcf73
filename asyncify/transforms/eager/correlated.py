"""Columns that a subquery computes, and joins that take its tables away.

A subquery correlates with every table of the statement around it. `User.is_silent`, which selects posts, is computed
right in a statement of users; joined to posts, the subquery has no table left to select from, or selects the row of
the statement. Source: SQLAlchemy "Using column_property", `correlate_except`; "Scalar and Correlated Subqueries".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext
from asyncify.transforms.eager.undeferred import is_deferred

MAKER = "column_property"
SUBQUERIES = frozenset({"select", "query", "exists"})


def correlates_by_itself(program: Program, info: ClassInfo) -> bool:
    """Whether the mapping computes a column of a class by a subquery that does not say what it correlates with.

    One that is deferred is in no join; where it is read, `deferred.py` lets its subquery say that.
    """
    return any(
        any(isinstance(n, ast.Call) and last_name(n.func) in SUBQUERIES for n in ast.walk(call))
        and not any(isinstance(n, ast.Attribute) and n.attr.startswith("correlate") for n in ast.walk(call))
        for call in _computed(program, info)
    )


def _computed(program: Program, info: ClassInfo) -> Iterator[ast.Call]:
    """The calls of `column_property` in the bodies of a class and of its bases, and behind these."""
    for base in program.classes.program_ancestors(info):
        if MAKER in base.source.text:
            for node in ast.walk(base.node):
                if isinstance(node, ast.Call) and _makes(program, base.path, node):
                    yield node
        for later in program.orm.made_later(base):
            call = later.statement.value
            if isinstance(call, ast.Call) and _makes(program, later.path, call):
                yield call


def _makes(program: Program, path: str, node: ast.Call) -> bool:
    if last_name(node.func) != MAKER:
        return False
    made = program.names.resolve_expression(path, node.func)
    return isinstance(made, Ext) and made.name == f"sqlalchemy.orm.{MAKER}" and not is_deferred(program, node, path)
