"""Functions of libraries that run on a sync session, and the coroutine functions that take their place on an async one.

Without a row, or where the project does not say that it has a version with the twin, the function runs on the sync
session inside: `await db.run_sync(paginate, select(User))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class AsyncTwin:
    """What takes the same arguments and gives the same, awaited.

    module, name: where it is. distribution, since: the first version of it that does.
    """

    module: str
    name: str
    distribution: str
    since: tuple[int, ...]


ASYNC_TWINS: Mapping[str, AsyncTwin] = MappingProxyType(
    {
        # read in 0.13.0, 0.13.3 and 0.16.1: before 0.13.3 it makes the page outside of the greenlet, where what a
        # response model reads of a relationship cannot be loaded
        "fastapi_pagination.ext.sqlalchemy.paginate": AsyncTwin(
            "fastapi_pagination.ext.sqlalchemy", "apaginate", "fastapi-pagination", (0, 13, 3)
        ),
    }
)
