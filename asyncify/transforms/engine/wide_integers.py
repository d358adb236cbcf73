"""Numbers that no column can hold: with psycopg2 they find no row, with psycopg 3 they are an error.

psycopg2 writes values into the statement and PostgreSQL compares `id = 15641875975986` as what it is. SQLAlchemy's
psycopg dialect casts each value to the type of its column, `%(id)s::INTEGER`, which PostgreSQL refuses: a route that
answered 404 would fail, and leave its transaction broken. Source: SQLAlchemy 2.0 `dialects/postgresql/psycopg.py`,
`_PGInteger.render_bind_cast`; `ConnectionEvents.before_cursor_execute`.
"""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.analysis.routes import routes
from asyncify.model.edit import Import

NAME = "wide_integers"
BECAUSE = "psycopg 3 refuses numbers that psycopg2 compares"

_LISTENER = '''\
@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {name}(connection, cursor, statement, parameters, context, executemany):
    """Numbers that no column can hold find no row, as with psycopg2: a cast to the type of the column is an error."""
    for key, value in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(value, int) and not -(2**31) <= value < 2**31:
            wide = "BIGINT" if -(2**63) <= value < 2**63 else "NUMERIC"
            for narrow in ("INTEGER", "BIGINT", "SMALLINT"):
                statement = statement.replace(f"%({{key}})s::{{narrow}}", f"%({{key}})s::{{wide}}")
    return statement, parameters
'''


def is_needed(program: Program) -> bool:
    """Whether an app gets whole numbers from its clients."""
    parameters = (a for route in routes(program) for a in route.function.parameters)
    return any(
        isinstance(n, ast.Name) and n.id == "int" for a in parameters if a.annotation for n in ast.walk(a.annotation)
    )


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, those of tests included, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy", "Engine")
    name = free_name(program, path, NAME)
    return _LISTENER.format(event=event, engine=engine, name=name), (*imports, *more)
