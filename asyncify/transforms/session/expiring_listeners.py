"""Listeners that expire everything when a transaction ends.

The recipe for test sessions in savepoints calls `session.expire_all()` in `after_transaction_end`. With an async
session the next read of any attribute would then be a lazy load outside of a greenlet, which fails; and the instances
hold what the session itself wrote, as with `expire_on_commit=False`.
Source: SQLAlchemy 1.3 "Joining a Session into an External Transaction"; asyncio "Preventing Implicit IO".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo, own_statements
from asyncify.model.edit import Edit, Safety
from asyncify.model.ops import ReplaceStatement

EVENTS = frozenset({"after_transaction_end", "after_commit", "after_rollback", "after_soft_rollback"})


def expiring_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """The `session.expire_all()` statements in listeners for the end of a transaction."""
    for function in module.functions.values():
        if function not in program.colouring.kept or not _ends_transactions(function):
            continue
        first = function.parameters[0].arg if function.parameters else ""
        for stmt in own_statements(function.node.body):
            if _expires(stmt, first):
                because = "what an async session expires cannot be read again without await"
                target = module.source.target(stmt)
                op = ReplaceStatement("")
                yield Edit("session", module.path, target, op, (), (), "flip", because, Safety.UNSAFE)


def _ends_transactions(function: FunctionInfo) -> bool:
    return any(
        isinstance(node, ast.Constant) and node.value in EVENTS
        for decorator in function.node.decorator_list
        for node in ast.walk(decorator)
    )


def _expires(stmt: ast.stmt, session: str) -> bool:
    if not isinstance(stmt, ast.Expr) or not isinstance(stmt.value, ast.Call):
        return False
    func = stmt.value.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "expire_all"
        and isinstance(func.value, ast.Name)
        and func.value.id == session
    )
