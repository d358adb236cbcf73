"""`connection.execute(text("COMMIT"))` in front of what cannot run in a transaction, such as `CREATE DATABASE`.

psycopg2 does not notice that the text has ended its transaction, and begins no other one; psycopg 3 asks the server,
and begins one with the next statement. A connection whose isolation level is AUTOCOMMIT begins none; it cannot be set
behind a statement. Measured with psycopg2 2.9, psycopg 3.2 and PostgreSQL 15. Source: psycopg 3 "Transactions
management"; SQLAlchemy "Setting Transaction Isolation Levels including DBAPI Autocommit".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.model.edit import Edit, Finding
from asyncify.model.ops import EditCall, RenameAttribute

TEXT = "sqlalchemy.text"
ENDS = frozenset({"commit", "rollback", "end", "abort"})
#: calls of a connection that begin a transaction
BEGINS = frozenset({"execute", "scalar", "scalars", "exec_driver_sql", "begin", "begin_nested", "run_sync"})
_BECAUSE = "psycopg 3 begins another transaction behind the text that ends one"
_LEVEL = ("isolation_level", '"AUTOCOMMIT"')


def raw_transactions(program: Program, transform: str, group: str) -> Iterator[Edit | Finding]:
    """A connection without transactions for each text that ends one; a finding where something ran before."""
    for path in sorted(program.modules):
        module = program.modules[path]
        if kept_sync(program, path):
            continue
        for call in module.source.nodes_of(ast.Call):
            connection = _ends(program, path, call)
            if connection is None or program.function_of(call) in program.colouring.kept:
                continue
            if _is_first(program, module, call, connection):
                rename = RenameAttribute("execution_options")
                edit = EditCall(remove=(0,), set=(_LEVEL,))
                drops = tuple(n.id for n in ast.walk(call.args[0]) if isinstance(n, ast.Name))
                target = module.source.target
                yield Edit(transform, path, target(call.func), rename, (), (), group, _BECAUSE)
                yield Edit(transform, path, target(call), edit, (), drops, group, _BECAUSE)
            else:
                advice = 'give it execution_options(isolation_level="AUTOCOMMIT") before anything runs on it'
                span = module.source.span(call)
                yield Finding(transform, path, span, "driver-transaction", _BECAUSE, advice)


def _ends(program: Program, path: str, call: ast.Call) -> ast.expr | None:
    """The connection of `connection.execute(text("COMMIT"))`."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr != "execute" or len(call.args) != 1 or call.keywords:
        return None
    given = call.args[0]
    if not isinstance(given, ast.Call) or len(given.args) != 1 or not isinstance(given.args[0], ast.Constant):
        return None
    said = given.args[0].value
    if not isinstance(said, str) or said.strip().rstrip(";").strip().lower() not in ENDS:
        return None
    made = program.names.resolve_expression(path, given.func)
    if not isinstance(made, Ext) or made.name not in (TEXT, "sqlalchemy.sql.text"):
        return None
    return func.value if has(program.values(func.value), names.CONNECTION) else None


def _is_first(program: Program, module: ModuleInfo, call: ast.Call, connection: ast.expr) -> bool:
    """Whether nothing has begun a transaction on a connection, which `begin` of an engine does at once."""
    function = program.function_of(call)
    nodes = function.nodes if function is not None else module.source.nodes
    before = [n for n in nodes if isinstance(n, ast.Call) and n.lineno <= call.lineno and n is not call]
    opened = {last_name(n.func) for n in before} - {"execute"}
    ran = [n for n in before if isinstance(n.func, ast.Attribute) and n.func.attr in BEGINS]
    same = [n for n in ran if ast.unparse(getattr(n.func, "value", n.func)) == ast.unparse(connection)]
    return "connect" in opened and "begin" not in opened and not same
