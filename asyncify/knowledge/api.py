"""Which members of which library objects must be awaited in the async API.

Every name of `dir(Session)`, `dir(Query)`, `Engine`, `Connection` and `TestClient` that has an effect is a row.
Source: SQLAlchemy 2.0.58 and 2.1.9, "Asynchronous I/O (asyncio)" and introspection of both classes; HTTPX 0.28
"Async Support"; Starlette 1.10 "Test Client".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from asyncify.knowledge import names


class Form(Enum):
    """What becomes of a member in the async API."""

    AWAIT = "await"  # the call is awaited
    PLAIN = "plain"  # the same call, never awaited
    WITH = "with"  # `async with x.begin():`, or awaited when it is not a with item
    ABSENT = "absent"  # not there: run_sync or another call
    EXECUTES = "executes"  # legacy Query: this member sends SQL


@dataclass(frozen=True)
class Member:
    """One row: a member of an object that will be async, and its form there."""

    owner: str
    name: str
    form: Form
    source: str


def _rows(owner: str, source: str, **forms: str) -> Iterator[Member]:
    for form, members in forms.items():
        for name in members.split():
            yield Member(owner, name, Form[form], source)


_ORM = "SQLAlchemy 2.0/2.1 ORM: AsyncSession"
_CORE = "SQLAlchemy 2.0/2.1 Core: AsyncEngine, AsyncConnection"
_QUERY = "SQLAlchemy 2.0 Legacy Query API"

#: methods of sessions -> how many arguments a call has at least; `options.get("name")` is one of something else
FEWEST_ARGUMENTS = MappingProxyType({"get": 2, "get_one": 2})

MEMBERS: tuple[Member, ...] = (
    *_rows(
        names.SESSION,
        _ORM,
        AWAIT="execute scalar scalars get get_one refresh merge merge_all delete delete_all flush commit rollback "
        "close reset invalidate connection exec remove",
        WITH="begin begin_nested",
        PLAIN="add add_all expire expire_all expunge expunge_all is_modified in_transaction in_nested_transaction "
        "get_transaction get_nested_transaction get_bind identity_key object_session no_autoflush configure",
        ABSENT="query prepare bulk_save_objects bulk_insert_mappings bulk_update_mappings "
        "enable_relationship_loading bind_mapper bind_table query_property",
    ),
    *_rows(
        names.ENGINE,
        _CORE,
        AWAIT="dispose raw_connection",
        WITH="connect begin",
        PLAIN="execution_options update_execution_options clear_compiled_cache",
        ABSENT="execute scalar has_table table_names run_callable transaction",
    ),
    *_rows(
        names.CONNECTION,
        _CORE,
        AWAIT="execute scalar scalars exec_driver_sql commit rollback close invalidate get_isolation_level "
        "execution_options",
        WITH="begin begin_nested",
        PLAIN="in_transaction in_nested_transaction get_transaction get_nested_transaction",
        ABSENT="detach begin_twophase get_execution_options run_callable",
    ),
    *_rows(names.TRANSACTION, _CORE, AWAIT="commit rollback close start", PLAIN="is_active is_valid"),
    *_rows(
        names.QUERY,
        _QUERY,
        EXECUTES="all first one one_or_none scalar count get update delete value values __iter__ __getitem__",
    ),
    *_rows(
        names.TEST_CLIENT,
        "HTTPX 0.28 AsyncClient; Starlette 1.10 TestClient",
        AWAIT="get post put patch delete head options request send close",  # close is aclose
        PLAIN="build_request",
        WITH="stream",
        ABSENT="websocket_connect portal wait_startup wait_shutdown",
    ),
)


FORMS: Mapping[tuple[str, str], Form] = MappingProxyType({(m.owner, m.name): m.form for m in MEMBERS})

#: owner -> the attribute of the async object that holds the sync one
INSIDE: Mapping[str, str] = MappingProxyType({names.ENGINE: "sync_engine", names.CONNECTION: "sync_connection"})

#: owner -> the attributes that the async object has as well. Source: `AsyncEngine`, `AsyncConnection` of 2.0.58
ATTRIBUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        names.ENGINE: frozenset("sync_engine url pool dialect engine name driver echo".split()),
        names.CONNECTION: frozenset(
            "sync_connection sync_engine engine closed invalidated dialect default_isolation_level info".split()
        ),
    }
)


def form_of(owner: str, name: str) -> Form | None:
    """The form of `owner.name`, or None for a member that is not in the table."""
    current: str | None = owner
    while current is not None:
        found = FORMS.get((current, name))
        if found is not None:
            return found
        current = names.SUBTYPES.get(current)
    return None
