"""Places where `await` cannot stand, and who takes an async function in the place of a plain one.

Each row names the treatment. Sources: Python data model (special methods); functools, threading, concurrent.futures
and asyncio reference; FastAPI, Starlette, pydantic 2, SQLAlchemy, Celery, click and typer documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from asyncify.knowledge.names import PROCESS_POOL, PROCESSES


class Treatment(Enum):
    """What is done with a function that needs to wait where it cannot be `async def`."""

    BRIDGE = "bridge"  # stays plain and waits through SQLAlchemy's greenlet; its callers spawn that greenlet
    ENTRY = "entry"  # a sync entry point: becomes async inside, `asyncio.run` around it
    SYNC = "sync"  # called or kept synchronously: stays sync where it opens its own session, else as ENTRY
    TASK = "task"  # the same, in a thread or process of its own
    REFUSE = "refuse"  # nobody can be found who calls it: left and reported


@dataclass(frozen=True)
class Barrier:
    """A row.

    kind: `method` (a special method by name), `decorator` (by canonical name), `override` (a method of a library class
    that calls it), `hook` (a function of a test module by name), `store` (a dictionary of functions on an object).
    """

    kind: str
    name: str
    treatment: Treatment
    why: str


_SPECIAL = "Python calls it by itself, never with await"


def _rows(kind: str, names: str, treatment: Treatment, why: str) -> tuple[Barrier, ...]:
    return tuple(Barrier(kind, n, treatment, why) for n in names.split())


def _special(names: str, treatment: Treatment) -> tuple[Barrier, ...]:
    return _rows("method", names, treatment, _SPECIAL)


def _decorators(names: str, treatment: Treatment, why: str) -> tuple[Barrier, ...]:
    return _rows("decorator", names, treatment, why)


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
        "functools.lru_cache functools.cache cachetools.cached cachetools.cachedmethod "
        "cachetools.func.lru_cache cachetools.func.ttl_cache cachetools.func.lfu_cache",
        Treatment.SYNC,
        "the cache would keep a coroutine, which can be awaited only once",
    ),
    *_decorators(
        "flask.Flask.route flask.Flask.get flask.Flask.post flask.Flask.put flask.Flask.delete flask.Flask.patch "
        "flask.Flask.before_request flask.Flask.after_request flask.Flask.teardown_appcontext flask.Blueprint.route "
        "flask.Flask.context_processor flask.Flask.template_filter dash.Dash.callback bottle.route",
        Treatment.SYNC,
        "a synchronous framework calls it",
    ),
    *_decorators(
        "click.command click.group typer.Typer.command typer.Typer.callback click.Group.command invoke.task",
        Treatment.ENTRY,
        "the framework calls it synchronously",
    ),
    *_decorators(
        "celery.shared_task celery.Celery.task celery.app.task rq.decorators.job dramatiq.actor huey.Huey.task "
        "huey.RedisHuey.task huey.SqliteHuey.task huey.MemoryHuey.task huey.FileHuey.task huey.Huey.periodic_task "
        "huey.RedisHuey.periodic_task huey.SqliteHuey.periodic_task huey.MemoryHuey.periodic_task "
        "apscheduler.schedulers.background.BackgroundScheduler.scheduled_job "
        "apscheduler.schedulers.blocking.BlockingScheduler.scheduled_job atexit.register",
        Treatment.TASK,
        "a worker calls it synchronously",
    ),
    *_rows(
        "override",
        "threading.Thread.run threading.Timer.run multiprocessing.Process.run celery.Task.run celery.Task.__call__ "
        "celery.Task.on_failure celery.Task.on_success celery.Task.on_retry celery.Task.before_start "
        "celery.Task.after_return dramatiq.GenericActor.perform http.server.BaseHTTPRequestHandler.do_GET "
        "http.server.BaseHTTPRequestHandler.do_POST socketserver.BaseRequestHandler.handle cmd.Cmd.onecmd",
        Treatment.TASK,
        "a thread or a worker calls it synchronously",
    ),
    *_rows(
        "override",
        "logging.Handler.emit logging.Filter.filter logging.Formatter.format json.JSONEncoder.default "
        "argparse.Action.__call__ sqlalchemy.types.TypeDecorator.process_bind_param "
        "sqlalchemy.types.TypeDecorator.process_result_value html.parser.HTMLParser.handle_data "
        "sqladmin.ModelView.is_visible sqladmin.ModelView.is_accessible sqladmin.BaseView.is_visible "
        "sqladmin.BaseView.is_accessible",
        Treatment.SYNC,
        "the class that it derives from calls it synchronously",
    ),
    *_rows(
        "override",
        "unittest.TestCase.setUpClass unittest.TestCase.tearDownClass "
        "unittest.IsolatedAsyncioTestCase.setUpClass unittest.IsolatedAsyncioTestCase.tearDownClass",
        Treatment.ENTRY,
        "unittest calls it synchronously, before there is a loop and after it is closed",
    ),
    *_rows(
        "hook",
        "setUpModule tearDownModule",
        Treatment.ENTRY,
        "unittest calls it synchronously, before there is a loop and after it is closed",
    ),
    *_rows(
        "hook",
        "pytest_configure pytest_unconfigure pytest_sessionstart pytest_sessionfinish pytest_runtest_setup "
        "pytest_runtest_teardown pytest_collection_modifyitems pytest_generate_tests pytest_runtest_makereport "
        "pytest_bdd_before_scenario pytest_bdd_after_scenario",
        Treatment.SYNC,
        "pytest calls its hooks synchronously and ignores coroutines",
    ),
    *_rows(
        "store",
        "jinja2.Environment.filters jinja2.Environment.globals jinja2.Environment.tests "
        "starlette.templating.Jinja2Templates.env.filters starlette.templating.Jinja2Templates.env.globals "
        "starlette.templating.Jinja2Templates.env.tests",
        Treatment.SYNC,
        "a template calls it synchronously",
    ),
)


def _by_name(kind: str) -> Mapping[str, Barrier]:
    return MappingProxyType({b.name: b for b in BARRIERS if b.kind == kind})


BY_METHOD = _by_name("method")
BY_DECORATOR = _by_name("decorator")
BY_OVERRIDE = _by_name("override")
BY_HOOK = _by_name("hook")
BY_STORE = _by_name("store")


#: special methods with an async form. Source: Python data model, "Asynchronous Iterators" and "Asynchronous Context
#: Managers". `__iter__` only as a generator: `__aiter__` itself is not awaited
ASYNC_METHODS: Mapping[str, str] = MappingProxyType(
    {"__enter__": "__aenter__", "__exit__": "__aexit__", "__iter__": "__aiter__"}
)


#: those of them with which code may enter and leave a context manager itself
CONTEXT_METHODS = frozenset({"__enter__", "__exit__"})


class Handing(Enum):
    """What a library does with a function that it is given."""

    ACCEPTS = "accepts"  # takes async functions as well
    CALLS = "calls"  # calls it before it returns: the whole call can be bridged
    UNWRAP = "unwrap"  # moves it to a thread: an async function is called and awaited directly instead
    ADAPTS = "adapts"  # gives an async form of it, which runs it in a thread: an async function is that form itself
    PLAIN = "plain"  # gives a plain form of an async function, which runs it to its end, in no thread with a loop
    THREAD = "thread"  # runs it in a thread or another process later


@dataclass(frozen=True)
class Handover:
    """A row: what the callable `name` does with a function that it is given, and where: at `position`, or by one of
    the names in `KEYWORDS`. None where that is not told, or any argument may be one. pickles: the function goes to
    another process, by its name. Source of that: pickle, "What can be pickled and unpickled?"."""

    name: str
    handing: Handing
    position: int | None = None
    pickles: bool = False


#: methods of pools that run a function. Source: Python library reference, "multiprocessing"
POOL_METHODS = tuple("apply apply_async map map_async imap imap_unordered starmap starmap_async".split())
#: the names by which threads, processes and schedulers are given a function
KEYWORDS = frozenset({"target", "function", "func", "fn"})

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
            "apscheduler.schedulers.asyncio.AsyncIOScheduler.add_job "
            "apscheduler.schedulers.asyncio.AsyncIOScheduler.scheduled_job "
            "socketio.AsyncServer.on socketio.AsyncServer.event starlette.routing.Route "
            "starlette.concurrency.iterate_in_threadpool dependency_injector.providers.Resource"
        ).split()
    ),
    *(
        Handover(n, Handing.CALLS)
        for n in "builtins.map builtins.filter builtins.sorted builtins.min builtins.max functools.reduce "
        "builtins.any builtins.all builtins.sum list.sort heapq.nlargest heapq.nsmallest re.sub re.subn".split()
    ),
    *(
        Handover(n, Handing.UNWRAP, 0)
        for n in "starlette.concurrency.run_in_threadpool fastapi.concurrency.run_in_threadpool asyncio.to_thread "
        "anyio.to_thread.run_sync".split()
    ),
    Handover("asyncio.AbstractEventLoop.run_in_executor", Handing.UNWRAP, 1),
    # Sources: asgiref README, "Function wrappers"; asyncer tutorial, "Run Sync Code from Async"
    *(
        Handover(n, Handing.ADAPTS, 0)
        for n in "asgiref.sync.sync_to_async asgiref.sync.SyncToAsync asyncer.asyncify".split()
    ),
    *(
        Handover(n, Handing.PLAIN, 0)
        for n in "asgiref.sync.async_to_sync asgiref.sync.AsyncToSync asyncer.syncify".split()
    ),
    *(
        Handover(n, Handing.THREAD, 0)
        for n in "concurrent.futures.ThreadPoolExecutor.submit concurrent.futures.ThreadPoolExecutor.map "
        "atexit.register rq.Queue.enqueue rq.Queue.enqueue_call "
        "apscheduler.schedulers.background.BackgroundScheduler.add_job "
        "apscheduler.schedulers.blocking.BlockingScheduler.add_job "
        "asyncio.AbstractEventLoop.call_soon asyncio.AbstractEventLoop.call_soon_threadsafe".split()
    ),
    *(Handover(f"multiprocessing.pool.ThreadPool.{method}", Handing.THREAD, 0) for method in POOL_METHODS),
    *(Handover(f"{PROCESS_POOL}.{method}", Handing.THREAD, 0, pickles=True) for method in POOL_METHODS),
    Handover("concurrent.futures.ProcessPoolExecutor.submit", Handing.THREAD, 0, pickles=True),
    Handover("concurrent.futures.ProcessPoolExecutor.map", Handing.THREAD, 0, pickles=True),
    Handover("multiprocessing.Process", Handing.THREAD, 1, pickles=True),
    Handover(f"{PROCESSES}.Process", Handing.THREAD, 1, pickles=True),
    *(
        Handover(n, Handing.THREAD, 1)
        for n in "threading.Thread threading.Timer signal.signal weakref.finalize rq.Queue.enqueue_in "
        "rq.Queue.enqueue_at asyncio.AbstractEventLoop.call_later asyncio.AbstractEventLoop.call_at "
        "asyncio.AbstractEventLoop.add_signal_handler".split()
    ),
    Handover("argparse.ArgumentParser.set_defaults", Handing.THREAD),
)
#: methods that keep a function for later, by name alone: parsers and futures mostly come from objects of no known kind
KEEPING = frozenset({"set_defaults", "add_done_callback"})
BY_CALLEE: Mapping[str, Handing] = MappingProxyType({h.name: h.handing for h in HANDOVERS})
#: where each of them takes the function
FUNCTION_AT: Mapping[str, int | None] = MappingProxyType({h.name: h.position for h in HANDOVERS})
PICKLING = frozenset(h.name for h in HANDOVERS if h.pickles)

#: callables of libraries that iterate with `async for` over what is an async iterable. Source: Starlette "Responses"
TAKES_ASYNC_ITERABLES = frozenset(
    "starlette.responses.StreamingResponse fastapi.responses.StreamingResponse "
    "sse_starlette.sse.EventSourceResponse sse_starlette.EventSourceResponse".split()
)

#: libraries that take async functions wherever they take functions, or that only keep, name or replace them; the other
#: rows say what single functions of them do
AWARE = frozenset(
    "fastapi starlette asyncio anyio pytest pytest_asyncio unittest tenacity aiojobs arq taskiq functools contextlib "
    "inspect typing types pickle copy weakref builtins dataclasses pydantic sqlalchemy strawberry ariadne list dict "
    "set tuple operator logging mock aiohttp sse_starlette faststream nicegui dependency_injector abc enum collections "
    "typing_extensions pydantic_settings fastapi_utils fastapi_utilities fastapi_cache slowapi aiogram discord mcp "
    "fastmcp".split()
)
