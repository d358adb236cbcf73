"""Places where `await` cannot stand, and who takes an async function in the place of a plain one.

Each row names the treatment. Sources: Python data model (special methods); functools, threading, concurrent.futures
and asyncio reference; FastAPI, Starlette, pydantic 2, SQLAlchemy, Celery, click and typer documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Treatment(Enum):
    """What is done with a function that needs to wait where it cannot be `async def`."""

    BRIDGE = "bridge"  # stays plain and waits through SQLAlchemy's greenlet; its callers spawn that greenlet
    ENTRY = "entry"  # a sync entry point: becomes async inside, `asyncio.run` around it
    CACHED = "cached"  # its value is kept, so it must be no coroutine; as TASK otherwise
    TASK = "task"  # a worker runs it: stays sync where it opens its own session, else as ENTRY
    REFUSE = "refuse"  # nobody can be found who calls it: left and reported


@dataclass(frozen=True)
class Barrier:
    """A row. kind is `method` (a special method by name) or `decorator` (by canonical name)."""

    kind: str
    name: str
    treatment: Treatment
    why: str


_SPECIAL = "Python calls it by itself, never with await"


def _special(names: str, treatment: Treatment) -> tuple[Barrier, ...]:
    return tuple(Barrier("method", n, treatment, _SPECIAL) for n in names.split())


def _decorators(names: str, treatment: Treatment, why: str) -> tuple[Barrier, ...]:
    return tuple(Barrier("decorator", n, treatment, why) for n in names.split())


BARRIERS: tuple[Barrier, ...] = (
    *_special("__init__ __new__ __post_init__", Treatment.BRIDGE),
    *_special(
        "__repr__ __str__ __len__ __iter__ __next__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ "
        "__contains__ __getattr__ __setattr__ __delattr__ __getattribute__ __del__ __format__ __getitem__ __setitem__ "
        "__delitem__ __add__ __or__ __and__ __init_subclass__ __set_name__ __get__ __set__ __missing__ __index__ "
        "__enter__ __exit__",
        Treatment.REFUSE,
    ),
    *_decorators(
        "builtins.property functools.cached_property sqlalchemy.ext.hybrid.hybrid_property "
        "sqlalchemy.util.memoized_property",
        Treatment.BRIDGE,
        "an attribute cannot be awaited",
    ),
    *_decorators(
        "pydantic.validator pydantic.root_validator pydantic.field_validator pydantic.model_validator "
        "pydantic.computed_field pydantic.field_serializer pydantic.model_serializer",
        Treatment.REFUSE,
        "pydantic calls validators and serializers synchronously",
    ),
    *_decorators(
        "sqlalchemy.orm.validates sqlalchemy.orm.reconstructor sqlalchemy.orm.declared_attr",
        Treatment.REFUSE,
        "SQLAlchemy calls listeners synchronously and ignores coroutines",
    ),
    *_decorators(
        "pytest_bdd.given pytest_bdd.when pytest_bdd.then pytest_bdd.step",
        Treatment.REFUSE,
        "pytest-bdd calls its steps synchronously and ignores coroutines",
    ),
    *_decorators(
        "functools.lru_cache functools.cache functools.singledispatch",
        Treatment.CACHED,
        "the cache would keep a coroutine, which can be awaited only once",
    ),
    *_decorators(
        "click.command click.group typer.Typer.command typer.Typer.callback click.Group.command invoke.task",
        Treatment.ENTRY,
        "the framework calls it synchronously",
    ),
    *_decorators(
        "celery.shared_task celery.Celery.task celery.app.task rq.decorators.job dramatiq.actor huey.Huey.task",
        Treatment.TASK,
        "a worker calls it synchronously",
    ),
)

BY_METHOD: Mapping[str, Barrier] = MappingProxyType({b.name: b for b in BARRIERS if b.kind == "method"})
BY_DECORATOR: Mapping[str, Barrier] = MappingProxyType({b.name: b for b in BARRIERS if b.kind == "decorator"})


#: special methods with an async form. Source: Python data model, "Asynchronous Iterators" and "Asynchronous Context
#: Managers". `__iter__` only as a generator: `__aiter__` itself is not awaited
ASYNC_METHODS: Mapping[str, str] = MappingProxyType(
    {"__enter__": "__aenter__", "__exit__": "__aexit__", "__iter__": "__aiter__"}
)


class Handing(Enum):
    """What a library does with a function that it is given."""

    ACCEPTS = "accepts"  # takes async functions as well
    CALLS = "calls"  # calls it before it returns: the whole call can be bridged
    UNWRAP = "unwrap"  # moves it to a thread: an async function is called and awaited directly instead
    THREAD = "thread"  # runs it in a thread or another process later


@dataclass(frozen=True)
class Handover:
    """A row: what the callable `name` does with the function in argument `position` (or keyword)."""

    name: str
    handing: Handing


HANDOVERS: tuple[Handover, ...] = (
    *(
        Handover(n, Handing.ACCEPTS)
        for n in (
            "starlette.background.BackgroundTasks.add_task starlette.background.BackgroundTask "
            "fastapi.FastAPI.add_exception_handler fastapi.FastAPI.exception_handler fastapi.FastAPI.middleware "
            "fastapi.FastAPI.add_api_route fastapi.APIRouter.add_api_route fastapi.FastAPI.add_event_handler "
            "fastapi.APIRouter.add_event_handler fastapi.FastAPI.add_api_websocket_route fastapi.FastAPI.add_route "
            "starlette.responses.StreamingResponse fastapi.responses.StreamingResponse fastapi.FastAPI "
            "fastapi.APIRouter "
            "fastapi.Depends functools.wraps functools.update_wrapper inspect.signature inspect.iscoroutinefunction "
            "asyncio.iscoroutinefunction builtins.callable builtins.isinstance builtins.getattr builtins.hasattr "
            "builtins.id builtins.repr builtins.str builtins.print builtins.type contextlib.contextmanager "
            "starlette.routing.Route starlette.concurrency.iterate_in_threadpool"
        ).split()
    ),
    *(
        Handover(n, Handing.CALLS)
        for n in "builtins.map builtins.filter builtins.sorted builtins.min builtins.max functools.reduce "
        "builtins.any builtins.all builtins.sum".split()
    ),
    *(
        Handover(n, Handing.UNWRAP)
        for n in "starlette.concurrency.run_in_threadpool fastapi.concurrency.run_in_threadpool asyncio.to_thread "
        "asyncio.AbstractEventLoop.run_in_executor "
        "anyio.to_thread.run_sync".split()
    ),
    *(
        Handover(n, Handing.THREAD)
        for n in "threading.Thread threading.Timer concurrent.futures.ThreadPoolExecutor.submit "
        "concurrent.futures.ThreadPoolExecutor.map concurrent.futures.ProcessPoolExecutor.submit "
        "multiprocessing.Process signal.signal atexit.register".split()
    ),
)
BY_CALLEE: Mapping[str, Handing] = MappingProxyType({h.name: h.handing for h in HANDOVERS})
