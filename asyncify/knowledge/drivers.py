"""Database drivers: which async driver stands in for which sync one, and what that does to a URL.

The rows were checked against SQLAlchemy 1.4.54, 2.0.25 to 2.0.58 and 2.1.9 (dialect modules in the wheel,
`make_url(...).get_dialect()`, and connections to SQLite, PostgreSQL 15 and MariaDB 10.11, the last with 2.0.58 alone).
SQL Server and Oracle rows rest on dialect resolution and driver signatures, not on a server. asyncpg 0.32 was run with
1.4.54, 2.0.25 and 2.0.44.

The default for PostgreSQL is psycopg 3, not asyncpg: it accepts nearly everything that psycopg2 accepts
(strings for dates, libpq arguments in the URL, `.diag` on errors), and one URL serves the async engine and
the sync one that Alembic and workers keep. asyncpg binds native types and refuses the rest.

The default for MySQL is asyncmy, not aiomysql. Run with PyMySQL 1.2, on which aiomysql 0.3 stands, aiomysql fails on
every parameter of bytes (`LargeBinary`: "'str' object is not callable"), and with some 1.2 its import fails. asyncmy
has its own protocol and needs no PyMySQL. Both have the classes of PEP 249 and the number of the server on errors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from asyncify.knowledge import mysql_arguments

_DOCS = "https://docs.sqlalchemy.org/en/20/dialects/"


class ArgumentFate(Enum):
    """What happens to a query argument of a sync URL that the async driver does not know."""

    RENAMED = "renamed"  #: the same value under another key
    DROPPED = "dropped"  #: tuning of the sync driver's socket: leaves the URL, nothing replaces it
    CONNECT_ARGS = "connect_args"  #: has a meaning that only `connect_args=` can carry


@dataclass(frozen=True)
class QueryArgument:
    """A query argument of a sync URL that cannot stay as it is.

    name: the key; a trailing `*` stands for any ending.
    becomes: the new key (RENAMED), or what to write in `connect_args` (CONNECT_ARGS).
    """

    name: str
    fate: ArgumentFate
    becomes: str = ""

    def matches(self, key: str) -> bool:
        """Whether this row speaks about the query key."""
        return key.startswith(self.name[:-1]) if self.name.endswith("*") else key == self.name


@dataclass(frozen=True)
class AsyncDriver:
    """A driver that `create_async_engine` takes.

    backend: the part of the drivername before `+`.
    drivername: what a URL starts with.
    package: its distribution, normalised. requires: the versions that work (what the extras of SQLAlchemy ask
    for; empty for any).
    sqlalchemy: the first SQLAlchemy that has the async dialect.
    serves_sync: `create_engine` takes the same URL, so Alembic and workers need no second one.
    arguments: query arguments of sync drivers of this backend that it does not take.
    source: where this is written down.
    """

    backend: str
    drivername: str
    package: str
    requires: str
    sqlalchemy: tuple[int, ...]
    source: str
    serves_sync: bool = False
    arguments: tuple[QueryArgument, ...] = ()

    def argument(self, key: str) -> QueryArgument | None:
        """The row for a query key; None when the driver takes the key as it is."""
        return next((row for row in self.arguments if row.matches(key)), None)


@dataclass(frozen=True)
class SyncDriver:
    """A drivername that only works with `create_engine`.

    packages: its distributions, normalised; empty when it is part of Python.
    gap: what the URL does not say and the async driver must know; such a URL cannot be rewritten by itself.
    """

    backend: str
    drivername: str
    packages: tuple[str, ...]
    source: str
    gap: str = ""


_R, _D, _C = ArgumentFate.RENAMED, ArgumentFate.DROPPED, ArgumentFate.CONNECT_ARGS

# asyncpg.connect() has no **kwargs: what it does not name is a TypeError (MagicStack/asyncpg#737).
_ASYNCPG_ARGUMENTS = (
    QueryArgument("sslmode", _R, "ssl"),  # the same words: disable, allow, prefer, require, verify-ca, verify-full
    QueryArgument("sslrootcert", _C, '"ssl": ssl.create_default_context(cafile=...)'),
    QueryArgument("sslcert", _C, '"ssl": an ssl.SSLContext with load_cert_chain(...)'),
    QueryArgument("sslkey", _C, '"ssl": an ssl.SSLContext with load_cert_chain(...)'),
    QueryArgument("channel_binding", _C, "nothing: asyncpg has no channel binding"),
    QueryArgument("gssencmode", _D),
    QueryArgument("connect_timeout", _C, '"timeout": <seconds as a number>'),
    QueryArgument("application_name", _C, '"server_settings": {"application_name": ...}'),
    QueryArgument("options", _C, '"server_settings": {<setting>: <value as a string>}'),
    QueryArgument("client_encoding", _D),  # asyncpg always speaks UTF-8
    QueryArgument("keepalives*", _D),
    QueryArgument("tcp_user_timeout", _D),
    QueryArgument("sslnegotiation", _C, '"direct_tls": True'),
    QueryArgument("fallback_application_name", _C, '"server_settings": {"application_name": ...}'),
)


def _mysql_arguments(driver: str) -> tuple[QueryArgument, ...]:
    """The rows of an async driver for MySQL: it wants an ssl.SSLContext, and says the rest in its own words."""
    return (
        *(QueryArgument(name, _R, new) for name, new in mysql_arguments.OTHER_NAMES.items()),
        *(QueryArgument(name, _D) for name in mysql_arguments.WITHOUT),
        *(QueryArgument(k, _C, f'"init_command": "SET {v} = ..."') for k, v in mysql_arguments.VARIABLES.items()),
        *(QueryArgument(name, _C, mysql_arguments.LOST[name]) for name in mysql_arguments.lost(driver)),
        *(QueryArgument(name, _C, advice) for name, advice in mysql_arguments.OWN_CODE.items()),
        QueryArgument("ssl", _C, '"ssl": ssl.create_default_context(cafile=...)'),
        QueryArgument("ssl_*", _C, '"ssl": ssl.create_default_context(cafile=...)'),
    )


# python-oracledb "Upgrading from cx_Oracle": always UTF-8, safe for threads; `connect_async()` refuses the names.
_ORACLE_ARGUMENTS = tuple(QueryArgument(name, _D) for name in ("encoding", "nencoding", "threaded"))

#: The first of a backend is its default.
ASYNC_DRIVERS: tuple[AsyncDriver, ...] = (
    AsyncDriver("sqlite", "sqlite+aiosqlite", "aiosqlite", ">=0.17", (1, 4), _DOCS + "sqlite.html#aiosqlite"),
    AsyncDriver(
        "postgresql",
        "postgresql+psycopg",
        "psycopg",
        ">=3.1.16",
        (2, 0),
        _DOCS + "postgresql.html#module-sqlalchemy.dialects.postgresql.psycopg",
        serves_sync=True,
    ),
    AsyncDriver(
        "postgresql",
        "postgresql+asyncpg",
        "asyncpg",
        "",
        (1, 4),
        _DOCS + "postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg",
        arguments=_ASYNCPG_ARGUMENTS,
    ),
    AsyncDriver(
        "mysql",
        "mysql+asyncmy",
        "asyncmy",
        ">=0.2.7",
        (1, 4),
        _DOCS + "mysql.html#asyncmy",
        arguments=_mysql_arguments("asyncmy"),
    ),
    AsyncDriver(
        "mysql",
        "mysql+aiomysql",
        "aiomysql",
        ">=0.2.0",
        (1, 4),
        _DOCS + "mysql.html#aiomysql",
        arguments=_mysql_arguments("aiomysql"),
    ),
    AsyncDriver(
        "mariadb",
        "mariadb+asyncmy",
        "asyncmy",
        ">=0.2.7",
        (1, 4),
        _DOCS + "mysql.html#mariadb-only-mode",
        arguments=_mysql_arguments("asyncmy"),
    ),
    AsyncDriver(
        "mariadb",
        "mariadb+aiomysql",
        "aiomysql",
        ">=0.2.0",
        (1, 4),
        _DOCS + "mysql.html#mariadb-only-mode",
        arguments=_mysql_arguments("aiomysql"),
    ),
    AsyncDriver("mssql", "mssql+aioodbc", "aioodbc", "", (2, 0, 23), _DOCS + "mssql.html#aioodbc"),
    AsyncDriver(
        "oracle",
        "oracle+oracledb",
        "oracledb",
        ">=2.0.1",
        (2, 0, 25),
        _DOCS + "oracle.html#module-sqlalchemy.dialects.oracle.oracledb",
        serves_sync=True,
        arguments=_ORACLE_ARGUMENTS,
    ),
)

_PSYCOPG2 = ("psycopg2", "psycopg2-binary")
_POSTGRES_URL = "https://docs.sqlalchemy.org/en/14/changelog/changelog_14.html"
_MYSQL = _DOCS + "mysql.html"

SYNC_DRIVERS: tuple[SyncDriver, ...] = (
    SyncDriver("sqlite", "sqlite", (), _DOCS + "sqlite.html#pysqlite"),
    SyncDriver("sqlite", "sqlite+pysqlite", (), _DOCS + "sqlite.html#pysqlite"),
    SyncDriver("postgresql", "postgresql", _PSYCOPG2, _DOCS + "postgresql.html"),
    SyncDriver("postgresql", "postgres", _PSYCOPG2, _POSTGRES_URL),  # the name that hosting providers still hand out
    SyncDriver("postgresql", "postgresql+psycopg2", _PSYCOPG2, _DOCS + "postgresql.html"),
    SyncDriver("postgresql", "postgres+psycopg2", _PSYCOPG2, _POSTGRES_URL),
    SyncDriver("postgresql", "postgresql+psycopg2cffi", ("psycopg2cffi",), _DOCS + "postgresql.html"),
    SyncDriver("postgresql", "postgresql+pg8000", ("pg8000",), _DOCS + "postgresql.html"),
    SyncDriver("mysql", "mysql", ("mysqlclient",), _MYSQL),
    SyncDriver("mysql", "mysql+mysqldb", ("mysqlclient",), _MYSQL),
    SyncDriver("mysql", "mysql+pymysql", ("pymysql",), _MYSQL),
    SyncDriver("mysql", "mysql+mysqlconnector", ("mysql-connector-python",), _MYSQL),
    SyncDriver("mariadb", "mariadb", ("mysqlclient",), _MYSQL),
    SyncDriver("mariadb", "mariadb+mysqldb", ("mysqlclient",), _MYSQL),
    SyncDriver("mariadb", "mariadb+pymysql", ("pymysql",), _MYSQL),
    SyncDriver("mariadb", "mariadb+mysqlconnector", ("mysql-connector-python",), _MYSQL),
    SyncDriver("mariadb", "mariadb+mariadbconnector", ("mariadb",), _MYSQL),
    SyncDriver("mssql", "mssql", ("pyodbc",), _DOCS + "mssql.html"),
    SyncDriver("mssql", "mssql+pyodbc", ("pyodbc",), _DOCS + "mssql.html"),
    SyncDriver(
        "mssql",
        "mssql+pymssql",
        ("pymssql",),
        _DOCS + "mssql.html",
        gap="aioodbc needs the name of an installed ODBC driver: `?driver=ODBC+Driver+18+for+SQL+Server`",
    ),
    SyncDriver("oracle", "oracle", ("cx-oracle",), _DOCS + "oracle.html"),
    SyncDriver("oracle", "oracle+cx_oracle", ("cx-oracle",), _DOCS + "oracle.html"),
)

#: Backend to the drivername of the async driver that was chosen for it.
Choice = Mapping[str, str]


def async_driver(drivername: str) -> AsyncDriver | None:
    """The row of an async drivername; None for anything else."""
    return next((row for row in ASYNC_DRIVERS if row.drivername == drivername), None)


def sync_driver(drivername: str) -> SyncDriver | None:
    """The row of a sync drivername; None for anything else."""
    return next((row for row in SYNC_DRIVERS if row.drivername == drivername), None)


def backend_of(drivername: str) -> str | None:
    """The backend of a sync or async drivername; None when it is not in the tables."""
    row = sync_driver(drivername) or async_driver(drivername)
    return row.backend if row else None


def sync_packages(backend: str) -> tuple[str, ...]:
    """The distributions of all sync drivers of a backend, each once."""
    return tuple(dict.fromkeys(p for row in SYNC_DRIVERS if row.backend == backend for p in row.packages))


def choose_drivers(
    listed: Collection[str],
    sqlalchemy: tuple[int, ...] | None = None,
    preferred: Choice | None = None,
) -> Choice:
    """The async driver of each backend for one project.

    listed: normalised names of the distributions that the project depends on.
    sqlalchemy: its SQLAlchemy version as far as it is known, `(1, 4)` or `(2, 0, 41)`.
    preferred: what the user asked for, backend to drivername; wins over everything.
    Returns backend to drivername; a backend whose async dialects are all newer than the project's SQLAlchemy
    is missing. A driver that the project lists already wins; of two, the one that is async only, since that
    one can only have been listed for this.
    """
    wanted = preferred or {}
    choice: dict[str, str] = {}
    for backend in dict.fromkeys(row.backend for row in ASYNC_DRIVERS):
        rows = [r for r in ASYNC_DRIVERS if r.backend == backend and _has_dialect(sqlalchemy, r)]
        rows.sort(key=lambda r: (r.package not in listed, r.package in listed and r.serves_sync))
        if backend in wanted:
            choice[backend] = wanted[backend]
        elif rows:
            choice[backend] = rows[0].drivername
    return choice


def _has_dialect(sqlalchemy: tuple[int, ...] | None, row: AsyncDriver) -> bool:
    # Only as many numbers as are known are compared: (2, 0) may well be 2.0.41. Older than 1.4 has no asyncio at
    # all: such a project must move to 1.4 first, which is reported elsewhere.
    if sqlalchemy is not None:
        sqlalchemy = max(sqlalchemy, (1, 4))
    return sqlalchemy is None or sqlalchemy >= row.sqlalchemy[: len(sqlalchemy)]


def async_drivername(drivername: str, preferred: Choice | None = None) -> str | None:
    """The drivername for `create_async_engine`.

    drivername: of a sync or async URL. preferred: see `choose_drivers`; None takes the defaults of the table.
    Returns the name itself where it is async already (also `postgresql+psycopg`, which is both); None when
    the driver is unknown or has no async form.
    """
    if async_driver(drivername):
        return drivername
    row = sync_driver(drivername)
    if row is None:
        return None
    if preferred is not None:
        return preferred.get(row.backend)
    return next(r.drivername for r in ASYNC_DRIVERS if r.backend == row.backend)


def preference(driver: str) -> Choice:
    """What a user means by the name of a driver (`asyncpg`) or a drivername (`postgresql+asyncpg`).

    Returns backend to drivername, for `choose_drivers(preferred=...)`; empty for an empty or unknown name.
    """
    return {row.backend: row.drivername for row in ASYNC_DRIVERS if driver in (row.package, row.drivername)}
