"""Values in DDL: psycopg2 writes them into the statement, PostgreSQL itself takes no parameters there.

A library or an app that makes `CREATE FUNCTION ... to_tsvector(%(x)s, ...)` from an expression has them. psycopg can
write them as well, with the client-side cursors that exist for this. asyncpg cannot.
Source: psycopg 3 "Differences from psycopg2", "Server-side binding" and "Client-side-binding cursors".
"""

from __future__ import annotations

import ast
import re

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Import

NAME = "write_values_into_ddl"
BECAUSE = "PostgreSQL takes no parameters in DDL, and psycopg2 sends none"
#: libraries that make such statements. Source: sqlalchemy-searchable, `CreateSearchFunctionSQL`
LIBRARIES = frozenset({"sqlalchemy-searchable"})

_DDL = re.compile(r"\s*(CREATE|ALTER|COMMENT)\s", re.IGNORECASE)
_HOLE = re.compile(r"\{\w*\}|%s|%\(\w+\)s|(?<!:):[a-z]\w*")

_LISTENER = '''\
@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {name}(connection, cursor, statement, parameters, context, executemany):
    """PostgreSQL takes no parameters in DDL: psycopg writes them into the statement, as psycopg2 did."""
    is_ddl = statement.lstrip().upper().startswith(("CREATE", "ALTER", "COMMENT"))
    if parameters and is_ddl and connection.dialect.driver == "psycopg":
        driver = connection.connection.driver_connection
        is_async = isinstance(driver, {psycopg}.AsyncConnection)
        writer = ({psycopg}.AsyncClientCursor if is_async else {psycopg}.ClientCursor)(driver)
        return writer.mogrify(statement, parameters).replace("%", "%%"), {{}}
    return statement, parameters
'''


def is_needed(program: Program) -> bool:
    """Whether an app may send values in DDL."""
    listed = read_dependencies(program.workspace.files).listed
    return not LIBRARIES.isdisjoint(listed) or any(
        _has_ddl(module) for path, module in program.modules.items() if not is_test(path)
    )


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy", "Engine")
    text = _LISTENER.format(event=event, engine=engine, psycopg="psycopg", name=free_name(program, path, NAME))
    return text, (*imports, *more, Import("psycopg"))


def _has_ddl(module: ModuleInfo) -> bool:
    """Whether a file has the text of a statement that is filled in later."""
    return any(
        isinstance(node.value, str) and _DDL.match(node.value) and _HOLE.search(node.value)
        for node in module.source.nodes_of(ast.Constant)
        if not isinstance(module.source.parent(node), ast.JoinedStr)
    )
