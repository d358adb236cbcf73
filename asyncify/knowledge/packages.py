"""Packages that async code and its tests need, and which versions fit together.

Read from the metadata of the wheels, except where a row says that it was run.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from asyncify.knowledge.session_libraries import SYNC_PACKAGE

#: Lock file to the command that writes it anew without moving other versions more than it must.
LOCK_COMMANDS = MappingProxyType(
    {
        "poetry.lock": "poetry lock",
        "uv.lock": "uv lock",
        "pdm.lock": "pdm lock --update-reuse",
        "Pipfile.lock": "pipenv lock",
        "pylock.toml": "uv export --format pylock.toml",
    }
)

#: What brings SQLAlchemy along without its `asyncio` extra, so that the extra must be asked for beside it.
BRINGS_SQLALCHEMY = frozenset({"sqlmodel", SYNC_PACKAGE})

#: Extra of SQLAlchemy to the packages it brings: greenlet always, as `asyncio` does, except by the drivers
#: that serve sync engines too (metadata of 1.4.54, 2.0.58 and 2.1.9).
SQLALCHEMY_EXTRAS = MappingProxyType(
    {
        "aiosqlite": ("aiosqlite", "greenlet"),
        "aiomysql": ("aiomysql", "greenlet"),
        "asyncmy": ("asyncmy", "greenlet"),
        "aioodbc": ("aioodbc", "greenlet"),
        "asyncio": ("greenlet",),
        "postgresql-asyncpg": ("asyncpg", "greenlet"),
        "postgresql-psycopg": ("psycopg",),
        "postgresql-psycopgbinary": ("psycopg",),
        "oracle-oracledb": ("oracledb",),
    }
)

#: Package to extras that bring httpx along (the metadata of FastAPI 0.111 to 0.165 and Starlette 1.10).
BRINGS_HTTPX = MappingProxyType({"fastapi": frozenset({"all", "standard"}), "starlette": frozenset({"full"})})

#: Distributions that are an HTTP client with `AsyncClient` and `ASGITransport`.
HTTP_CLIENTS = ("httpx", "httpx2")

#: aiosqlite 0.22 keeps its thread in an attribute. SQLAlchemy before 2.0.46 still sets `daemon` on the
#: connection, so a process that does not dispose its engine never ends. Run with
#: aiosqlite 0.22.1: 1.4.54 (in memory), 2.0.44 and 2.0.45 hang at exit, 2.0.46 does not. https://github.com/sqlalchemy/sqlalchemy/issues/13039
AIOSQLITE_FIXED_IN = (2, 0, 46)
AIOSQLITE_BEFORE = ">=0.17,<0.22"


#: aiomysql 0.3 sends no bytes with PyMySQL 1.2, and stands on any from 1.0. Run with 0.3.2: 1.1.2 and 1.2.0 work, 1.2.4
#: fails on every parameter of bytes, and with 1.2.1 and 1.2.2 the import of aiomysql fails.
AIOMYSQL_UP_TO = (1, 2, 0)

#: the first pytest-asyncio since 0.26 that keeps the shared loop behind a plain test that calls `asyncio.run`, and
#: behind an `IsolatedAsyncioTestCase`. Run with 0.26.0, 1.0.0, 1.1.0, 1.1.1 and 1.2.0.
KEEPS_LOOP = (1, 2)


@dataclass(frozen=True)
class AsyncioPlugin:
    """Which pytest-asyncio fits a pytest.

    pytest: the first version of pytest that it is for. python: the first Python that all of it installs on.
    loop_scopes: it has both loop scope options, which an engine shared by tests needs.
    """

    pytest: tuple[int, ...]
    python: tuple[int, int]
    requires: str
    loop_scopes: bool


#: Newest first; the first row whose pytest and Python are not too new is the one.
ASYNCIO_PLUGINS: tuple[AsyncioPlugin, ...] = (
    AsyncioPlugin((8, 2), (3, 9), ">=0.26", True),
    AsyncioPlugin((8, 2), (3, 8), ">=0.24", False),
    AsyncioPlugin((7,), (3, 7), ">=0.21,<0.22", False),
    AsyncioPlugin((6, 1), (3, 7), ">=0.20,<0.21", False),
)

#: What an unpinned pytest will be at least, on any Python of the rows.
UNPINNED_PYTEST = (8, 2)


def asyncio_plugin(pytest: tuple[int, ...] | None, python: tuple[int, ...] | None) -> AsyncioPlugin | None:
    """The plugin for a project.

    pytest: the highest version that can be installed; None: not bounded.
    python: the oldest that the project supports; None: unknown.

    Returns None for a pytest that is older than all rows.
    """
    version = pytest or UNPINNED_PYTEST
    return next(
        (row for row in ASYNCIO_PLUGINS if version >= row.pytest and (python is None or python[:2] >= row.python)),
        None,
    )
