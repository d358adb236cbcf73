"""What a person may decide for a repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: what `tests` may be
KEEP_CLIENTS = "testclient"
CLIENTS = ("", "asyncclient", KEEP_CLIENTS)
#: what `alembic` may be
ALEMBIC_ASYNC = "async"
ENVIRONMENTS = ("", "sync", ALEMBIC_ASYNC)
#: keys whose value is one of a few words
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"tests": CLIENTS, "alembic": ENVIRONMENTS})


@dataclass(frozen=True)
class Config:
    """What `[tool.asyncify]` says. Paths are patterns in the syntax of `.gitignore`; functions and classes are named
    `app.services:get_user` or `app/services.py:UserService.get`.

    exclude: files that are not looked at.
    keep_sync: files, functions and classes that stay as they are.
    force_async: functions that become `async def` although nothing that waits is seen in them.
    blocking: callables, of the repository or of a library (`lib.send`), that block the thread they run in.
    entry_points: functions that are called synchronously from outside; they run their async inside to its end.
    session_factories: callables, of the repository or of a library, whose result is a session.
    tests: `testclient` for tests that keep their TestClient; else they get an `httpx.AsyncClient`.
    driver: the async driver for PostgreSQL; empty to choose from the project.
    alembic: `async` for an `env.py` that works on an async engine; else it keeps a sync one.
    """

    exclude: tuple[str, ...] = ()
    keep_sync: tuple[str, ...] = ()
    force_async: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    session_factories: tuple[str, ...] = ()
    tests: str = ""
    driver: str = ""
    alembic: str = ""
