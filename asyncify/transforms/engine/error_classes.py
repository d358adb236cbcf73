"""The classes of SQLAlchemy that errors of PostgreSQL come as: `except DataError`, `except OperationalError`.

psycopg2 chooses the class by the code of PostgreSQL. psycopg 3 chooses another for some, `ProgrammingError` for what
`RAISE EXCEPTION` says. SQLAlchemy has three classes for the errors of asyncpg and makes a plain `DBAPIError` of the
rest, and what asyncpg raises when it cannot connect is none of SQLAlchemy's. Sources: psycopg2
`base_exception_from_sqlstate`, compared with `psycopg.errors.lookup` for all codes; SQLAlchemy 2.0
`dialects/postgresql/asyncpg.py`, `_asyncpg_error_translate`; `DialectEvents.handle_error`, `do_connect`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.model.edit import Import

BECAUSE = "errors come as other classes of SQLAlchemy from another driver, and the program asks for their class"

#: class -> the classes of codes that psycopg2 raises it for; every other code is a DatabaseError
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "DataError": "22",
        "IntegrityError": "23",
        "InternalError": "24 25 2B 2D 2F 38 39 3B F0 P0 XX",
        "NotSupportedError": "0A",
        "OperationalError": "08 26 27 28 34 40 53 54 55 57 58 HV",
        "ProgrammingError": "20 21 3D 3F 42 44",
    }
)
#: what asyncpg's own errors never come as, and what errors of asyncpg that it raises without a connection never are
_BY_ASYNCPG = frozenset({"DataError", "DatabaseError", "InternalError", "NotSupportedError", "OperationalError"})
_UNCONNECTED = frozenset({"DBAPIError", "DatabaseError", "OperationalError", "SQLAlchemyError"})

_HANDLER = '''\
@{event}.listens_for({engine}, "handle_error")
def {name}(context):
    """An error is of the class that it was with psycopg2, which goes by the code of PostgreSQL."""
    error, original = context.sqlalchemy_exception, context.original_exception
    code = "22000" if isinstance(original.__cause__, ValueError) else getattr(original, "sqlstate", None)
    if error is None or code is None:
        return None
    classes = (
        {rows}
    )
    kind = next((kind for kind, codes in classes if code[:2] in codes.split()), {default})
    if type(error) is kind:
        return None
    told = (error.hide_parameters, error.connection_invalidated, None, error.ismulti)
    return kind(error.statement, error.params, original, *told)
'''
_CONNECT = '''\
@{event}.listens_for({engine}, "do_connect")
def {name}(dialect, record, arguments, keywords):
    """What asyncpg raises when it cannot connect is an error of the driver for SQLAlchemy, as with psycopg2."""
    if dialect.driver != "asyncpg":
        return None
    try:
        return dialect.connect(*arguments, **keywords)
    except ({postgres}, OSError, dialect.dbapi.Error) as error:
        raise dialect.dbapi.OperationalError(str(error)) from error
'''


def raises_by_code(program: Program) -> bool:
    """Whether a program asks for a class that psycopg 3 raises for fewer codes."""
    return bool(_asked(program) & {"InternalError"})


def raises_by_class(program: Program) -> bool:
    """Whether a program asks for a class that errors of asyncpg do not come as."""
    return bool(_asked(program) & _BY_ASYNCPG)


def cannot_connect(program: Program) -> bool:
    """Whether a program asks for a class that an error before the connection would be."""
    return bool(_asked(program) & _UNCONNECTED)


def _asked(program: Program) -> set[str]:
    """The classes of `sqlalchemy.exc` that a program names."""
    found: set[str] = set()
    for path, module in program.modules.items():
        for node in module.source.nodes if not is_test(path) else ():
            name = getattr(node, "id", getattr(node, "attr", ""))
            if isinstance(node, ast.expr) and name and name != name.lower():
                target = program.names.resolve_expression(path, node)
                if isinstance(target, Ext) and target.name.startswith("sqlalchemy."):
                    found.add(target.name.rpartition(".")[2])
    return found


def handler(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    default, last = bring(program, path, "sqlalchemy.exc", "DatabaseError")
    rows = []
    found = [*imports, *more, *last]
    for kind, codes in CLASSES.items():
        local, needed = bring(program, path, "sqlalchemy.exc", kind)
        rows.append(f'({local}, "{codes}"),')
        found += needed
    name = free_name(program, path, "errors_as_before")
    text = _HANDLER.format(event=event, engine=engine, default=default, name=name, rows="\n        ".join(rows))
    return text, tuple(found)


def connector(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The same for errors before there is a connection."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    postgres, last = bring(program, path, "asyncpg", "PostgresError")
    name = free_name(program, path, "connect_as_before")
    return _CONNECT.format(event=event, engine=engine, postgres=postgres, name=name), (*imports, *more, *last)
