"""Values of another type than their column: psycopg2 writes them into the statement, asyncpg refuses most of them.

A text for a date or a number, a number for a text, an aware datetime for a column without a time zone: PostgreSQL
converts what psycopg2 writes, `'2024-01-02'`, `7`, `'...+00:00'::timestamptz`. A naive datetime for a column with a
time zone is in the zone of the session, for asyncpg in that of the process. SQLAlchemy's asyncpg dialect casts each
value to the type of its column, `$1::DATE`, and asyncpg then takes a `date` alone. With the type of the value in the
cast it takes what is given, and PostgreSQL converts as before. Measured with PostgreSQL 15 and 16 kinds of columns.
SQLAlchemy 1.4 writes its casts later, and nothing is changed there. Sources: SQLAlchemy 2.0
`dialects/postgresql/asyncpg.py`, `render_bind_cast`; asyncpg "Type Conversion"; psycopg2 "Adaptation of Python values
to SQL types"; PostgreSQL `CREATE CAST` ("I/O conversion casts").
"""

from __future__ import annotations

import ast

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.model.edit import Import

NAME = "values_as_before"
#: the first SQLAlchemy that writes casts into the statement
CASTING = (2,)
BECAUSE = "asyncpg refuses values of another type than their column, which psycopg2 leaves to PostgreSQL"

_LISTENER = '''\
@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {name}(connection, cursor, statement, parameters, context, executemany):
    """Values of another type than their column are said to be what they are: PostgreSQL converts them, as before."""
    if connection.dialect.driver != "asyncpg":
        return statement, parameters
    rows = parameters if isinstance(parameters, list) else [parameters]

    def kind(value):
        if isinstance(value, {datetime}) and value.tzinfo is not None:
            return "TIMESTAMP WITH TIME ZONE"
        if isinstance(value, int) and not isinstance(value, bool):
            bits = value.bit_length()
            return "INTEGER" if bits < 32 else "BIGINT" if bits < 64 else "NUMERIC"
        kinds = {{
            str: "VARCHAR", bool: "BOOLEAN", float: "NUMERIC", {decimal}: "NUMERIC", {uuid}: "UUID",
            {datetime}: "TIMESTAMP WITHOUT TIME ZONE", {date}: "DATE", {time}: "TIME", {timedelta}: "INTERVAL",
        }}
        return next((name for python, name in kinds.items() if isinstance(value, python)), "")

    def said(found):
        number, wanted, array = int(found[1]) - 1, found[2], found[3] or ""
        values = [row[number] for row in rows if row[number] is not None]
        values = [one for value in values for one in value if one is not None] if array else values
        kinds = {{kind(value) for value in values}}
        given = "BIGINT" if kinds == {{"INTEGER", "BIGINT"}} else kinds.pop() if len(kinds) == 1 else ""
        refused = {{
            "VARCHAR": given != "VARCHAR",
            "INTEGER": given in ("VARCHAR", "NUMERIC", "BIGINT"),
            "SMALLINT": given in ("VARCHAR", "NUMERIC", "BIGINT", "INTEGER"),
            "BIGINT": given in ("VARCHAR", "NUMERIC"),
            "TIMESTAMP WITHOUT TIME ZONE": given in ("VARCHAR", "TIMESTAMP WITH TIME ZONE"),
            "TIMESTAMP WITH TIME ZONE": given in ("VARCHAR", "TIMESTAMP WITHOUT TIME ZONE"),
        }}
        if not given or not refused.get(wanted, given == "VARCHAR"):
            return found[0]
        both = array or given == "VARCHAR"
        return f"${{found[1]}}::{{given}}{{array}}" + (f"::{{wanted}}{{array}}" if both else "")

    types = (
        "VARCHAR|INTEGER|SMALLINT|BIGINT|NUMERIC|FLOAT|DOUBLE PRECISION|DATE|INTERVAL"
        "|TIME(?:STAMP)? WITH(?:OUT)? TIME ZONE"
    )
    return {sub}(rf"\\$(\\d+)::({{types}})\\b(?!\\()(\\[\\])?", said, statement), parameters
'''


def is_needed(program: Program) -> bool:
    """Whether an app has columns: SQLAlchemy casts values to the type of these alone, 1.4 in another place."""
    version = read_dependencies(program.workspace.files).sqlalchemy
    if version is not None and version < CASTING:
        return False
    tables = (n for m in program.modules.values() for n in m.source.nodes_of(ast.Name) if n.id in ("Table", "Column"))
    return bool(program.orm.models) or any(tables)


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    wanted = {
        "event": ("sqlalchemy", "event"),
        "engine": ("sqlalchemy.engine", "Engine"),
        "sub": ("re", "sub"),
        "datetime": ("datetime", "datetime"),
        "date": ("datetime", "date"),
        "time": ("datetime", "time"),
        "timedelta": ("datetime", "timedelta"),
        "decimal": ("decimal", "Decimal"),
        "uuid": ("uuid", "UUID"),
    }
    names: dict[str, str] = {}
    imports: list[Import] = []
    for key, (module, name) in wanted.items():
        names[key], more = bring(program, path, module, name)
        imports += more
    return _LISTENER.format(name=free_name(program, path, NAME), **names), tuple(imports)
