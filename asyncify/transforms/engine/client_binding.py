"""Values in statements: psycopg2 writes them into the text, psycopg 3 sends them beside it.

PostgreSQL then prepares the statement without them. `GROUP BY date_trunc('month', at)` is no longer what was selected,
`:name IS NULL` and `concat(:name, ...)` have no type, DDL, SET and `interval :x` take no parameters, a text holds one
statement. psycopg has cursors that write the values as psycopg2 does. And SQLAlchemy's dialect for psycopg casts
each value to the type that it has in Python, `%(id)s::VARCHAR`: a text is no date and no number then, and a number that
no column can hold is an error instead of no row. psycopg2 leaves all that to PostgreSQL.

Measured with PostgreSQL 15 on 160 statements: without these listeners 22 fail or differ; with them two, a list of mixed
types and `IN :tuple`, and the latter is rewritten. Sources: SQLAlchemy 2.0 "psycopg", "Using a different Cursor class";
`dialects/postgresql/psycopg.py`, `_PGString.render_bind_cast`; psycopg 3 "Differences from psycopg2", "Server-side
binding"; PostgreSQL "Operator Type Resolution", 10.2, 2a.
"""

from __future__ import annotations

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.model.edit import Import

CURSORS = "client_side_values"
TYPES = "open_types"
BECAUSE = "psycopg 3 sends values beside the statement, psycopg2 writes them into it"

_LISTENERS = '''\
@{event}.listens_for({engine}, "do_connect")
def {cursors}(dialect, record, arguments, keywords):
    """Cursors that write values into the statement, as those of psycopg2 do."""
    if dialect.driver == "psycopg":
        from psycopg import AsyncClientCursor, ClientCursor

        keywords.setdefault("cursor_factory", AsyncClientCursor if dialect.is_async else ClientCursor)


@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {types}(connection, cursor, statement, parameters, context, executemany):
    """PostgreSQL finds the types of texts and whole numbers itself, as with psycopg2."""
    if connection.dialect.driver == "psycopg" and context.compiled is not None and not context.is_text:
        statement = {sub}(r"(%\\(\\w+\\)s)::(VARCHAR|SMALLINT|INTEGER|BIGINT)(?!\\[)", r"\\1", statement)
    return statement, parameters
'''


def is_needed(program: Program) -> bool:
    """Whether a program needs them: each does, for the first number in a path that no column can hold."""
    return True


def listeners(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of two listeners on every engine of the process, those of tests included, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    sub, last = bring(program, path, "re", "sub")
    cursors, types = free_name(program, path, CURSORS), free_name(program, path, TYPES)
    text = _LISTENERS.format(event=event, engine=engine, sub=sub, cursors=cursors, types=types)
    return text, (*imports, *more, *last)
