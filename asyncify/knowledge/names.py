"""Canonical dotted names of the library objects that matter, and the spellings that mean them.

A row says: the same object can be imported from these places. Sources: the `__init__` modules of SQLAlchemy 1.4,
2.0 and 2.1, of SQLModel 0.0.50, Starlette 1.10 and FastAPI 0.165, read for what they re-export.
"""

from __future__ import annotations

from types import MappingProxyType

SESSION = "sqlalchemy.orm.Session"
SESSIONMAKER = "sqlalchemy.orm.sessionmaker"
SCOPED_SESSION = "sqlalchemy.orm.scoped_session"
QUERY = "sqlalchemy.orm.Query"
ENGINE = "sqlalchemy.Engine"
CONNECTION = "sqlalchemy.Connection"
OBJECT_SESSION = "sqlalchemy.orm.object_session"
TRANSACTION = "sqlalchemy.Transaction"
SELECT = "sqlalchemy.Select"
WRITE_ONLY = "sqlalchemy.orm.WriteOnlyCollection"
#: an INSERT, UPDATE or DELETE that gives rows: `insert(Model).returning(Model)`
RETURNING = "sqlalchemy.sql.dml.ReturningInsert"
CTE = "sqlalchemy.CTE"
RESULT = "sqlalchemy.Result"
SCALARS = "sqlalchemy.ScalarResult"
INSPECTOR = "sqlalchemy.Inspector"
INSPECT = "sqlalchemy.inspect"
INSTANCE_STATE = "sqlalchemy.orm.InstanceState"
MIGRATION_CONTEXT = "alembic.runtime.migration.MigrationContext"
METADATA = "sqlalchemy.MetaData"
TABLE = "sqlalchemy.Table"
DYNAMIC = "sqlalchemy.orm.AppenderQuery"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
ASYNC_SESSIONMAKER = "sqlalchemy.ext.asyncio.async_sessionmaker"
ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
ASYNC_CONNECTION = "sqlalchemy.ext.asyncio.AsyncConnection"
SQLMODEL_SESSION = "sqlmodel.Session"
SQLMODEL_ASYNC_SESSION = "sqlmodel.ext.asyncio.session.AsyncSession"
#: library class -> classes that bring another one of its name into a file, which keeps the name
RIVALS = MappingProxyType({ASYNC_SESSION: frozenset({SQLMODEL_SESSION, SQLMODEL_ASYNC_SESSION})})
#: Source: the `enum` module
ENUMS = ("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag")
CREATE_ENGINE = "sqlalchemy.create_engine"
CREATE_ASYNC_ENGINE = "sqlalchemy.ext.asyncio.create_async_engine"
TEST_CLIENT = "starlette.testclient.TestClient"
ASYNC_CLIENT = "httpx.AsyncClient"
FASTAPI = "fastapi.FastAPI"
CELERY_TASK = "celery.Task"
ROUTER = "fastapi.APIRouter"
AWAITABLE_ATTRS = "awaitable_attrs"
GREENLET_SPAWN = "sqlalchemy.util.greenlet_spawn"
DEPENDS = "fastapi.Depends"
REQUEST = "starlette.requests.Request"
BACKGROUND_TASKS = "starlette.background.BackgroundTasks"
TEMPLATES = "starlette.templating.Jinja2Templates"
FIXTURE = "pytest.fixture"
#: a name in an annotation that is defined later. Source: Python reference, `typing.ForwardRef`
FORWARD_REF = "typing.ForwardRef"

#: what makes processes, and a pool of them. Source: multiprocessing, "Contexts and start methods", `Pool`
PROCESSES = "multiprocessing.context.BaseContext"
PROCESS_POOL = "multiprocessing.pool.Pool"
#: what another thread will give. Source: asyncio `run_coroutine_threadsafe`
FUTURE = "concurrent.futures.Future"

#: classes of factories -> what those give that are not told another class
MADE_BY = MappingProxyType(
    {SESSIONMAKER: SESSION, SCOPED_SESSION: SESSION, ASYNC_SESSIONMAKER: ASYNC_SESSION},
)

#: spelling -> canonical name
SPELLINGS = MappingProxyType(
    {
        "sqlalchemy.orm.session.Session": SESSION,
        "sqlalchemy.orm.session.sessionmaker": SESSIONMAKER,
        "sqlalchemy.orm.scoping.scoped_session": SCOPED_SESSION,
        "sqlalchemy.orm.session.object_session": OBJECT_SESSION,
        "sqlalchemy.orm.Session.object_session": OBJECT_SESSION,
        "sqlalchemy.orm.query.Query": QUERY,
        "sqlalchemy.engine.Engine": ENGINE,
        "sqlalchemy.engine.base.Engine": ENGINE,
        "sqlalchemy.future.Engine": ENGINE,
        "sqlalchemy.engine.Connection": CONNECTION,
        "sqlalchemy.engine.base.Connection": CONNECTION,
        "sqlalchemy.engine.create_engine": CREATE_ENGINE,
        "sqlalchemy.engine.URL": "sqlalchemy.URL",
        "sqlalchemy.engine.url.URL": "sqlalchemy.URL",
        "sqlalchemy.engine.make_url": "sqlalchemy.make_url",
        "sqlalchemy.engine.url.make_url": "sqlalchemy.make_url",
        "sqlalchemy.future.create_engine": CREATE_ENGINE,
        "_pytest.fixtures.fixture": FIXTURE,
        "sqlmodel.create_engine": CREATE_ENGINE,
        "sqlmodel.main.Session": SQLMODEL_SESSION,
        "sqlmodel.orm.session.Session": SQLMODEL_SESSION,
        "sqlalchemy.schema.MetaData": METADATA,
        "sqlalchemy.sql.schema.MetaData": METADATA,
        "sqlalchemy.schema.Table": TABLE,
        "sqlalchemy.inspection.inspect": INSPECT,
        "sqlalchemy.engine.reflection.Inspector.from_engine": INSPECT,
        "alembic.migration.MigrationContext.configure": f"{MIGRATION_CONTEXT}.configure",
        "sqlalchemy.sql.select": "sqlalchemy.select",
        "sqlalchemy.sql.expression.select": "sqlalchemy.select",
        "sqlalchemy.future.select": "sqlalchemy.select",
        "sqlmodel.sql.expression.select": "sqlmodel.select",
        "sqlmodel.func": "sqlalchemy.func",
        "sqlmodel.text": "sqlalchemy.text",
        "sqlmodel.col": "sqlmodel.col",
        "sqlalchemy.sql.func": "sqlalchemy.func",
        "sqlalchemy.sql.text": "sqlalchemy.text",
        "sqlalchemy.sql.expression.text": "sqlalchemy.text",
        "sqlalchemy.sql.Select": SELECT,
        "sqlalchemy.sql.selectable.Select": SELECT,
        "sqlalchemy.sql.expression.Select": SELECT,
        "sqlalchemy.ext.declarative.declarative_base": "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.declarative.api.declarative_base": "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.declarative.as_declarative": "sqlalchemy.orm.as_declarative",
        "sqlalchemy.ext.declarative.declared_attr": "sqlalchemy.orm.declared_attr",
        "sqlalchemy.orm.relation": "sqlalchemy.orm.relationship",
        "sqlalchemy.orm.relationships.relationship": "sqlalchemy.orm.relationship",
        "sqlalchemy.engine.Result": RESULT,
        "sqlalchemy.engine.CursorResult": RESULT,
        "sqlalchemy.engine.ScalarResult": SCALARS,
        "sqlalchemy.ext.asyncio.session.AsyncSession": ASYNC_SESSION,
        "sqlalchemy.ext.asyncio.session.async_sessionmaker": ASYNC_SESSIONMAKER,
        "sqlalchemy.ext.asyncio.engine.AsyncEngine": ASYNC_ENGINE,
        "sqlalchemy.ext.asyncio.engine.create_async_engine": CREATE_ASYNC_ENGINE,
        "fastapi.testclient.TestClient": TEST_CLIENT,
        "fastapi.Request": REQUEST,
        "fastapi.requests.Request": REQUEST,
        "fastapi.BackgroundTasks": BACKGROUND_TASKS,
        "fastapi.background.BackgroundTasks": BACKGROUND_TASKS,
        "fastapi.templating.Jinja2Templates": TEMPLATES,
        "fastapi.applications.FastAPI": FASTAPI,
        "fastapi.routing.APIRouter": ROUTER,
        "fastapi.param_functions.Depends": DEPENDS,
        "fastapi.Security": DEPENDS,
        "fastapi.params.Depends": DEPENDS,
        "pytest_asyncio.fixture": FIXTURE,
        "fastapi_sqlalchemy.middleware.DBSessionMiddleware": "fastapi_sqlalchemy.DBSessionMiddleware",
        "fastapi_sqlalchemy.middleware.db": "fastapi_sqlalchemy.db",
        "fastapi_async_sqlalchemy.middleware.db": "fastapi_async_sqlalchemy.db",
        "typing_extensions.Annotated": "typing.Annotated",
        "collections.abc.Generator": "typing.Generator",
        "collections.abc.Iterator": "typing.Iterator",
        "collections.abc.Iterable": "typing.Iterable",
        "collections.abc.Sequence": "typing.Sequence",
        "collections.abc.Callable": "typing.Callable",
        "collections.abc.Mapping": "typing.Mapping",
        "collections.abc.AsyncGenerator": "typing.AsyncGenerator",
        "collections.abc.AsyncIterator": "typing.AsyncIterator",
    }
)

#: library classes that are also another library class: child -> parent
SUBTYPES = MappingProxyType(
    {
        SQLMODEL_SESSION: SESSION,
        SQLMODEL_ASYNC_SESSION: ASYNC_SESSION,
        SCOPED_SESSION: SESSION,
        "sqlmodel.select": "sqlalchemy.select",
        DYNAMIC: QUERY,
    }
)


def canonical(name: str) -> str:
    """The one name of an object that can be imported from several places."""
    return SPELLINGS.get(name, name)


def is_a(name: str, parent: str) -> bool:
    """Whether a library class is `parent` or known to derive from it."""
    current: str | None = name
    while current is not None and current != parent:
        current = SUBTYPES.get(current)
    return current is not None
