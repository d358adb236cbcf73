"""Arguments of `create_engine` that the async engine refuses.

Source: SQLAlchemy 2.0 and 2.1, `create_async_engine` run with each argument; Engine Configuration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EngineArgument:
    """A row: an argument that goes. value: only when its value ends in this name; empty for any value.

    harmless: the async engine does the same without it; otherwise its loss is reported.
    """

    name: str
    value: str
    harmless: bool
    why: str


ARGUMENTS: tuple[EngineArgument, ...] = (
    EngineArgument("poolclass", "QueuePool", True, "AsyncAdaptedQueuePool is the default"),
    EngineArgument("poolclass", "SingletonThreadPool", True, "aiosqlite runs a thread of its own"),
    EngineArgument("client_encoding", "", True, "a psycopg2 argument; the async drivers always use UTF-8"),
    EngineArgument("encoding", "", True, "went with SQLAlchemy 2.0"),
    EngineArgument("convert_unicode", "", True, "went with SQLAlchemy 1.4"),
    EngineArgument("executemany_mode", "", True, "a psycopg2 argument"),
    EngineArgument("executemany_batch_page_size", "", True, "a psycopg2 argument"),
    EngineArgument("strategy", "", True, "went with SQLAlchemy 1.4"),
    EngineArgument("server_side_cursors", "", False, "use AsyncSession.stream"),
    EngineArgument("thick_mode", "", False, "python-oracledb has no asyncio in its thick mode"),
    EngineArgument("creator", "", False, "use async_creator, which returns a connection of the async driver"),
)
