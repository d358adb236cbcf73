"""Calls that read tables from the database."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.values import has
from asyncify.knowledge import names

#: keywords that give an engine or connection to read tables with; in 1.x `Base.prepare(engine, reflect=True)`
GIVEN_AS = frozenset({"autoload_with", "engine"})
#: methods that read tables
READS = frozenset({"prepare"})


def reflects_with(program: Program, node: ast.Call) -> ast.expr | None:
    """The engine or connection that a call reads tables with."""
    arguments = [k.value for k in node.keywords if k.arg in GIVEN_AS]
    if isinstance(node.func, ast.Attribute) and node.func.attr in READS:
        arguments += node.args[:1]
    elif not any(k.arg == "autoload_with" for k in node.keywords):
        return None
    return next((a for a in arguments if has(program.values(a), names.ENGINE, names.CONNECTION)), None)
