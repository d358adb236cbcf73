"""Functions that work on the connection of the driver itself, below SQLAlchemy.

What an async engine gives there waits in SQLAlchemy's greenlet in each of its methods, without `await`. Sources:
SQLAlchemy "Working with Driver SQL and Raw DBAPI Connections"; asyncio, "Using awaitable-only driver methods".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names

#: attributes of a connection that are the connection of the driver
OWN = frozenset({"connection", "driver_connection"})


def on_driver_connections(program: Program) -> Iterator[FunctionInfo]:
    """The plain functions of a program that ask for one."""
    for function in program.functions:
        asked = (n for n in function.nodes if isinstance(n, ast.Attribute) and n.attr in OWN | {"raw_connection"})
        if not function.is_async and any(_is_drivers(program, node) for node in asked):
            yield function


def _is_drivers(program: Program, node: ast.Attribute) -> bool:
    owner = names.ENGINE if node.attr == "raw_connection" else names.CONNECTION
    return has(program.values(node.value), owner)
