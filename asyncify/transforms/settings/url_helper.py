"""The function that an app gets when its database URL is only known at run time.

An environment variable can hold any URL, and the same variable often feeds Alembic or a worker that stays
sync. So the variable keeps its sync URL, and the app turns it into the async one where it makes its engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from asyncify.knowledge.drivers import SYNC_DRIVERS, Choice, async_driver, async_drivername
from asyncify.model.edit import Import

HELPER_NAME = "async_database_url"
#: the name of every URL of SQLite, which needs no package: no file has to say that a variable may hold one
_BUILT_IN = "sqlite"
#: ends the row of a database that no file names; what the program needs installed is not read from it
UNNAMED = "  # needs no sync driver, so a variable may name it"
#: async drivernames that nothing but this function keeps from arguments which they refuse
_WITHOUT = frozenset({"oracle+oracledb"})

#: What the module that holds the function must import; the names exist from SQLAlchemy 1.4 on.
HELPER_IMPORTS = (Import("sqlalchemy.engine", "URL"), Import("sqlalchemy.engine", "make_url"))


def runtime_helper(backends: Sequence[str], choice: Choice | None = None) -> str:
    """Source of `async_database_url(url) -> URL`, for Python 3.8 and SQLAlchemy 1.4 and later.

    backends: those that the app may meet, such as `["sqlite", "postgresql"]`, in the order to write them.
    choice: see `choose_drivers`; None takes the default drivers.
    Drivers that it does not know, async ones included, come back as they are, and so do query arguments: a listener
    gives them to asyncpg by its own names (`transforms/engine/libpq_arguments.py`). SQLite is known in every case: a
    variable that held its URL instead worked before, without a package for it.
    Raises ValueError when none of the backends has an async driver.
    """
    drivers = {
        row.drivername: target
        for backend in dict.fromkeys(backends)
        for row in SYNC_DRIVERS
        if row.backend == backend and not row.gap
        if (target := async_drivername(row.drivername, choice)) is not None
    }
    rows = (async_driver(target) for target in dict.fromkeys(drivers.values()) if target in _WITHOUT)
    gone = [argument.name for row in rows if row is not None for argument in row.arguments]
    built_in = async_drivername(_BUILT_IN, choice)
    unnamed = [f'        "{_BUILT_IN}": "{built_in}",{UNNAMED}'] if built_in and _BUILT_IN not in drivers else []
    if not drivers:
        raise ValueError(f"no async driver for {', '.join(backends) or 'no backend'}")
    return "\n".join(
        [
            f'def {HELPER_NAME}(url: "str | URL") -> URL:',
            '    """The same database for the async engine: a sync driver is replaced by an async one."""',
            "    url = make_url(url)",
            *(f"    url = url.difference_update_query({gone})".replace("'", '"') for _ in gone[:1]),
            "    drivers = {",
            *(f'        "{name}": "{target}",' for name, target in drivers.items()),
            *unnamed,
            "    }",
            "    return url.set(drivername=drivers.get(url.drivername, url.drivername))",
            "",
        ]
    )
