"""Test sessions of SQLAlchemy 1.4 that are rolled back as a whole.

In 1.x style, `commit()` inside `begin_nested()` ends only the savepoint; the async session is always 2.0 style, where
it ends everything. A fixture that opens a connection and a transaction beside such a session means that transaction to
be around it: the session is then bound to the connection, where a commit stays inside.
Source: SQLAlchemy 1.4 "Session.commit" (behaviour by `Session.future`), "Joining a Session into an External
Transaction".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall


def outer_transaction_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """In functions that begin a transaction on a connection and a savepoint on a session of the same engine: bind the
    session to the connection."""
    for function in module.functions.values():
        connection = _connection_with_transaction(program, function)
        if connection is None or not _begins_nested(program, function):
            continue
        for node in function.nodes:
            if not isinstance(node, ast.Call):
                continue
            if not has(program.values(node), names.SESSIONMAKER, names.SESSION):
                continue
            for keyword in node.keywords:
                if keyword.arg == "bind" and has(program.values(keyword.value), names.ENGINE):
                    because = "a commit of an async session would end more than the savepoint"
                    op = EditCall(set=(("bind", connection),))
                    yield Edit("session", module.path, module.source.target(node), op, (), (), "flip", because)


def _connection_with_transaction(program: Program, function: FunctionInfo) -> str | None:
    """The name of a connection on which a function begins a transaction that it keeps."""
    for node in function.nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        func = node.value.func
        if isinstance(func, ast.Attribute) and func.attr == "begin" and isinstance(func.value, ast.Name):
            if has(program.values(func.value), names.CONNECTION):
                return func.value.id
    return None


def _begins_nested(program: Program, function: FunctionInfo) -> bool:
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "begin_nested"
        and has(program.values(node.value.func.value), names.SESSION)
        for node in function.nodes
    )
