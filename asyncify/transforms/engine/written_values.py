"""Values of classes that no driver knows: pg8000 writes them with `str()`, psycopg 3 refuses them.

`HttpUrl` of pydantic, paths, classes of the program: "cannot adapt type 'HttpUrl'". pg8000 takes the value of an Enum,
psycopg its name; an address without the `/32` that psycopg has in a text; pg8000 writes a dictionary as JSON, psycopg
refuses it. psycopg looks for a dumper along the bases of a class: one for `object` is the last that it finds.
Measured with PostgreSQL 15 on 48 values: without the listener 27 fail or differ, with it one, a list that holds texts
and others. Sources: pg8000 `converters.make_param` and `PY_TYPES`; psycopg 3 "Data adaptation configuration",
`AdaptersMap.get_dumper` and `EnumDumper`.
"""

from __future__ import annotations

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.model.edit import Import

NAME = "values_as_texts"
BECAUSE = "pg8000 writes values of any class as texts, psycopg 3 refuses what it has no dumper for"

_LISTENER = '''\
@{event}.listens_for({engine}, "connect")
def {name}(connection, record):
    """Values of classes that psycopg does not know are written as texts, as pg8000 does."""
    if hasattr(connection, "adapters"):  # a connection of psycopg
        from psycopg.adapt import Dumper
        from psycopg.types.json import JsonDumper

        class Text(Dumper):
            def dump(self, value):
                return str(value.value if isinstance(value, {enum}) else value).encode()

        for known in (object, {enum}, "ipaddress.IPv4Address", "ipaddress.IPv6Address"):
            connection.adapters.register_dumper(known, Text)
        connection.adapters.register_dumper(dict, JsonDumper)
'''


def is_needed(program: Program) -> bool:
    """Whether a program needs it: any value of a statement may be of such a class."""
    return True


def listener(program: Program, path: str) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    enum, last = bring(program, path, "enum", "Enum")
    text = _LISTENER.format(event=event, engine=engine, enum=enum, name=free_name(program, path, NAME))
    return text, (*imports, *more, *last)
