"""The function that an app gets when its database URL is only known at run time.

An environment variable can hold any URL, and the same variable often feeds Alembic or a worker that stays
sync. So the variable keeps its sync URL, and the app turns it into the async one where it makes its engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from asyncify.knowledge.drivers import (
    SYNC_DRIVERS,
    ArgumentFate,
    AsyncDriver,
    Choice,
    async_driver,
    async_drivername,
)
from asyncify.model.edit import Import

HELPER_NAME = "async_database_url"

#: What the module that holds the function must import; the names exist from SQLAlchemy 1.4 on.
HELPER_IMPORTS = (Import("sqlalchemy.engine", "URL"), Import("sqlalchemy.engine", "make_url"))


def runtime_helper(backends: Sequence[str], choice: Choice | None = None) -> str:
    """Source of `async_database_url(url) -> URL`, for Python 3.8 and SQLAlchemy 1.4 and later.

    backends: those that the app may meet, such as `["sqlite", "postgresql"]`, in the order to write them.
    choice: see `choose_drivers`; None takes the default drivers.
    Drivers that it does not know, async ones included, come back as they are. Query arguments that only
    `connect_args` can replace stay too: the driver then refuses them by name, which is better than losing a
    timeout in silence.
    Raises ValueError when none of the backends has an async driver.
    """
    drivers = {
        row.drivername: target
        for backend in dict.fromkeys(backends)
        for row in SYNC_DRIVERS
        if row.backend == backend and not row.gap
        if (target := async_drivername(row.drivername, choice)) is not None
    }
    if not drivers:
        raise ValueError(f"no async driver for {', '.join(backends) or 'no backend'}")
    targets = [row for name in dict.fromkeys(drivers.values()) if (row := async_driver(name))]
    return "\n".join(
        [
            f'def {HELPER_NAME}(url: "str | URL") -> URL:',
            '    """The same database for the async engine: a sync driver is replaced by an async one."""',
            "    url = make_url(url)",
            "    drivers = {",
            *(f'        "{name}": "{target}",' for name, target in drivers.items()),
            "    }",
            "    url = url.set(drivername=drivers.get(url.drivername, url.drivername))",
            *(line for row in targets for line in _query_lines(row)),
            "    return url",
            "",
        ]
    )


def _query_lines(row: AsyncDriver) -> list[str]:
    """Lines that make the query arguments of one target right; none where the URL need not change."""
    renamed = {a.name: a.becomes for a in row.arguments if a.fate is ArgumentFate.RENAMED}
    dropped = [a.name for a in row.arguments if a.fate is ArgumentFate.DROPPED]
    if not renamed:  # the others only lose socket tuning, which a URL hardly ever holds
        return []
    names = ", ".join(f'"{old}": "{new}"' for old, new in renamed.items())
    starts = ", ".join(f'"{name.rstrip("*")}"' for name in dropped)
    return [
        f'    if url.drivername == "{row.drivername}":',
        f"        renamed = {{{names}}}  # {row.package} has other names for some arguments of the URL,",
        f"        unknown = ({starts},)  # and refuses these",
        "        query = {k: v for k, v in url.query.items() if not k.startswith(unknown)}",
        "        url = url.set(query={renamed.get(k, k): v for k, v in query.items()})",
    ]
