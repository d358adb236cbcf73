"""What calls and attributes of libraries give, as far as kinds go.

Sources: SQLAlchemy 2.0 API reference; FastAPI and Starlette reference; Python standard library reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from asyncify.knowledge import names
from asyncify.knowledge.session_libraries import ASYNC_PROXY, PROXY

#: what a coroutine itself has. Source: Python data model, "Coroutine Objects"
OF_COROUTINES = frozenset("send throw close cr_await cr_code cr_frame cr_origin cr_running cr_suspended".split())
NAMED_TUPLE = "collections.namedtuple"
STATE = "starlette.datastructures.State"

#: objects whose attributes are set in one place and read in another: all of them share one set of attributes
STATES = frozenset({STATE, "threading.local", "types.SimpleNamespace"})

#: objects with members of their own, on which tests set more
CLIENTS = frozenset({names.TEST_CLIENT, names.ASYNC_CLIENT})

#: (class, attribute) -> the class of what it gives
ATTRIBUTES = MappingProxyType(
    {
        (names.REQUEST, "state"): STATE,
        (names.REQUEST, "app"): names.FASTAPI,
        ("starlette.websockets.WebSocket", "state"): STATE,
        ("starlette.websockets.WebSocket", "app"): names.FASTAPI,
        (names.FASTAPI, "state"): STATE,
        (names.TEST_CLIENT, "app"): names.FASTAPI,
        (names.FASTAPI, "router"): names.ROUTER,
        (names.SESSION, "bind"): names.ENGINE,
        (names.INSTANCE_STATE, "session"): names.SESSION,
        (names.QUERY, "session"): names.SESSION,
        (names.INSTANCE_STATE, "async_session"): names.ASYNC_SESSION,
        (names.CONNECTION, "engine"): names.ENGINE,
        # sync_engine and sync_session have no row: what is asked of them stays synchronous on purpose
    }
)

#: attributes of objects that a library has at its top -> the class of what they give
OBJECTS = MappingProxyType({f"{PROXY}.session": names.SESSION, f"{ASYNC_PROXY}.session": names.ASYNC_SESSION})

#: functions of libraries, and methods of their objects -> the class of what they give
RETURNS = MappingProxyType(
    {
        names.CREATE_ENGINE: names.ENGINE,
        "sqlalchemy.engine_from_config": names.ENGINE,
        "sqlalchemy.create_mock_engine": "sqlalchemy.MockConnection",
        names.CREATE_ASYNC_ENGINE: names.ASYNC_ENGINE,
        "sqlalchemy.ext.asyncio.async_engine_from_config": names.ASYNC_ENGINE,
        names.OBJECT_SESSION: names.SESSION,
        "sqlalchemy.ext.asyncio.async_object_session": names.ASYNC_SESSION,
        "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
        "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
        "multiprocessing.get_context": names.PROCESSES,
        "multiprocessing.Pool": names.PROCESS_POOL,
        f"{names.PROCESSES}.Pool": names.PROCESS_POOL,
        "sqlalchemy.orm.declarative_base": "sqlalchemy.orm.DeclarativeMeta",
    }
)

#: functions that give back (a container of) what their argument holds
SAME_ELEMENTS = frozenset(
    {f"builtins.{n}" for n in ("list", "sorted", "reversed", "iter")}
    | {"copy.copy", "copy.deepcopy", "collections.deque"}
)

#: makes one function of several, by the class of the first argument, and what does so. Source: functools
DISPATCH = "singledispatch"
DISPATCHERS = frozenset({DISPATCH, "singledispatchmethod"})
#: class methods of pydantic that make an instance. Source: pydantic `BaseModel`, SQLModel "Create Data"
MAKERS = frozenset("model_validate from_orm parse_obj validate model_construct construct model_validate_json".split())
ATTRGETTER = "operator.attrgetter"
METHODCALLER = "operator.methodcaller"
#: functions with a parameter `key` -> the positions of the items, and of the key where it need not be named
KEYED: Mapping[str, tuple[int, int | None]] = MappingProxyType(
    {
        "builtins.sorted": (0, None),
        "builtins.min": (0, None),
        "builtins.max": (0, None),
        "itertools.groupby": (0, 1),
        "heapq.nlargest": (1, 2),
        "heapq.nsmallest": (1, 2),
    }
)
#: builtins that read their arguments only when somebody iterates over what they give, as all of `itertools` do
LAZY = frozenset({f"builtins.{n}" for n in ("map", "filter", "zip", "enumerate", "reversed", "iter")})


def is_lazy(name: str) -> bool:
    """Whether a function of the standard library gives an iterator that reads later."""
    return name in LAZY or name.startswith("itertools.")
