"""Arguments of libpq that only turn up at run time, in a URL or in `connect_args`, in the words of asyncpg.

`asyncpg.connect()` has no names for most of them and refuses them, but takes them in a DSN; what it does not know there
becomes a setting of the server, `options` included. Sources: asyncpg `connect()`, `_parse_connect_dsn_and_args`;
SQLAlchemy `DialectEvents.do_connect`; PostgreSQL "Start-up" of the protocol (`options`), libpq "Parameter Key Words".
"""

from __future__ import annotations

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.program import Program
from asyncify.model.edit import Import

NAME = "libpq_arguments"
TARGET = "postgresql+asyncpg"
BECAUSE = "asyncpg knows arguments of libpq by other names, or in its DSN only"

#: what goes into the DSN
IN_DSN = (
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation"),
    *("application_name", "options"),
)
#: beginnings of the names of what has no counterpart: tuning of the socket, an encoding that is always UTF-8
WITHOUT = ("keepalives", "gssencmode", "client_encoding", "tcp_user_timeout")

_LISTENER = '''\
@{event}.listens_for({engine}, "do_connect")
def {name}(dialect, record, arguments, keywords):
    """Arguments of libpq, for asyncpg: most of them it takes in its DSN only, and some it does not have."""
    if dialect.driver != "asyncpg":
        return
    unknown = {without}
    for key in [k for k in keywords if k.startswith(unknown)]:
        del keywords[key]
    if "fallback_application_name" in keywords:
        keywords.setdefault("application_name", keywords.pop("fallback_application_name"))
    if "connect_timeout" in keywords:
        keywords["timeout"] = float(keywords.pop("connect_timeout")) or None
    names = (
        {first}
        {second}
    )
    dsn = {{key: keywords.pop(key) for key in names if key in keywords}}
    if dsn:
        keywords["dsn"] = "postgresql://?" + {urlencode}(dsn)
'''


def takes(name: str) -> bool:
    """Whether the listener does something about an argument that no edit of a dict can say."""
    return name in IN_DSN


def listener(program: Program, path: str, _: str = TARGET) -> tuple[str, tuple[Import, ...]]:
    """The source of a listener on every engine of the process, and what it imports."""
    event, imports = bring(program, path, "sqlalchemy", "event")
    engine, more = bring(program, path, "sqlalchemy.engine", "Engine")
    urlencode, last = bring(program, path, "urllib.parse", "urlencode")
    quoted = [f'"{name}"' for name in IN_DSN]
    text = _LISTENER.format(
        event=event,
        engine=engine,
        urlencode=urlencode,
        name=free_name(program, path, NAME),
        without="(" + ", ".join(f'"{name}"' for name in WITHOUT) + ")",
        first=", ".join(quoted[:5]) + ",",
        second=", ".join(quoted[5:]) + ",",
    )
    return text, (*imports, *more, *last)
