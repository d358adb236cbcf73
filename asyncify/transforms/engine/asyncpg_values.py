"""Values of another type than their column: psycopg2 writes them into the statement, asyncpg refuses most of them.

A text for a date or a number, a number for a text, an aware datetime for a column without a time zone: PostgreSQL
converts what psycopg2 writes, `'2024-01-02'`, `7`, `'...+00:00'::timestamptz`. A naive datetime for a column with a
time zone is in the zone of the session, for asyncpg in that of the process. SQLAlchemy's asyncpg dialect casts each
value to the type of its column, `$1::DATE`, and asyncpg then takes a `date` alone. With the type of the value in the
cast it takes what is given, and PostgreSQL converts as before. SQLAlchemy 2.0 has the casts in the statement; 1.4 has
their types on the cursor, which writes them later, and has no other async driver. Measured with PostgreSQL 15 and 16
kinds of columns. Sources: `dialects/postgresql/asyncpg.py` of SQLAlchemy 2.0, `render_bind_cast`, and of 1.4.54, its
last version, `_parameter_placeholders` and `_pg_types`; asyncpg "Type Conversion"; psycopg2 "Adaptation of Python
values to SQL types"; PostgreSQL `CREATE CAST` ("I/O conversion casts").
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

_HEAD = '''\
@{event}.listens_for({engine}, "before_cursor_execute", retval=True)
def {name}(connection, cursor, statement, parameters, context, executemany):
    """Values of another type than their column are said to be what they are: PostgreSQL converts them, as before."""
    if connection.dialect.driver != "asyncpg":
        return statement, parameters
    rows = parameters if {many} else [parameters]

    def kind(value):
        if isinstance(value, {datetime}) and value.tzinfo is not None:
            return "TIMESTAMP WITH TIME ZONE"
        if isinstance(value, int) and not isinstance(value, bool):
            bits = value.bit_length()
            return "INTEGER" if bits < 32 else "BIGINT" if bits < 64 else "NUMERIC"
        if isinstance(value, list):
            inner = {{kind(one) for one in value if one is not None}}
            return inner.pop() + "[]" if len(inner) == 1 else ""
        kinds = {{
            str: "VARCHAR", bytes: "BYTEA", bool: "BOOLEAN", float: "NUMERIC", {decimal}: "NUMERIC", {uuid}: "UUID",
            {datetime}: "TIMESTAMP WITHOUT TIME ZONE", {date}: "DATE", {time}: "TIME", {timedelta}: "INTERVAL",
        }}
        return next((name for python, name in kinds.items() if isinstance(value, python)), "")

    def refused(number, wanted, array=""):
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
            return ""
        return f"::{{given}}{{array}}" + (f"::{{wanted}}{{array}}" if array or given == "VARCHAR" else "")

'''
_IN_STATEMENT = """\
    types = (
        "VARCHAR|INTEGER|SMALLINT|BIGINT|NUMERIC|FLOAT|DOUBLE PRECISION|DATE|INTERVAL"
        "|TIME(?:STAMP)? WITH(?:OUT)? TIME ZONE"
    )

    def said(found):
        cast = refused(int(found[1]) - 1, found[2], found[3] or "")
        return f"${{found[1]}}{{cast}}" if cast else found[0]

    return {sub}(rf"\\$(\\d+)::({{types}})\\b(?!\\()(\\[\\])?", said, statement), parameters
"""
_ON_CURSOR = """\
    types = {{
        "STRING": "VARCHAR", "INTEGER": "INTEGER", "BIGINTEGER": "BIGINT", "NUMBER": "NUMERIC", "FLOAT": "FLOAT",
        "DATE": "DATE", "TIME": "TIME WITHOUT TIME ZONE", "TIME_W_TZ": "TIME WITH TIME ZONE", "INTERVAL": "INTERVAL",
        "TIMESTAMP": "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP_W_TZ": "TIMESTAMP WITH TIME ZONE",
    }}
    sizes = [getattr(size, "name", "") for size in cursor._inputsizes or ()]
    casts = [refused(number, types[size]) if size in types else "" for number, size in enumerate(sizes)]
    if any(casts):
        cursor.setinputsizes(*(None if cast else size for cast, size in zip(casts, cursor._inputsizes)))
        said = iter(casts)
        statement = {sub}("%[%s]", lambda found: found[0] + (next(said) if found[0] == "%s" else ""), statement)
    return statement, parameters
"""


def is_needed(program: Program) -> bool:
    """Whether an app has columns: SQLAlchemy casts values to the type of these alone."""
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
    version = read_dependencies(program.workspace.files).sqlalchemy
    casts = version is None or version >= CASTING
    many = "isinstance(parameters, list)" if casts else "executemany"  # 2.0 has one row of all values of an INSERT
    text = _HEAD + (_IN_STATEMENT if casts else _ON_CURSOR)
    return text.format(name=free_name(program, path, NAME), many=many, **names), tuple(imports)
