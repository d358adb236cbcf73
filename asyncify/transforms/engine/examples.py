"""Examples of the transform `engine`."""

from __future__ import annotations

from asyncify.transforms.base import Example

EXAMPLES = (
    Example(
        name="a URL in the code gets the async driver",
        before="""\
from sqlalchemy import create_engine

SQLALCHEMY_DATABASE_URL = "sqlite:///./app.db"

engine = create_engine(SQLALCHEMY_DATABASE_URL, connect_args={"check_same_thread": False})
""",
        after="""\
from sqlalchemy.ext.asyncio import create_async_engine

SQLALCHEMY_DATABASE_URL = "sqlite+aiosqlite:///./app.db"

engine = create_async_engine(SQLALCHEMY_DATABASE_URL, connect_args={"check_same_thread": False})
""",
    ),
    Example(
        name="so does one that is shown, and asked for its backend",
        before="""\
import logging

from sqlalchemy import create_engine

URL = "sqlite:///./app.db"
logging.getLogger(__name__).info(f"the database is {URL}")
engine = create_engine(URL, connect_args={"check_same_thread": False} if URL.startswith("sqlite") else {})
print("connected to", URL)
""",
        after="""\
import logging

from sqlalchemy.ext.asyncio import create_async_engine

URL = "sqlite+aiosqlite:///./app.db"
logging.getLogger(__name__).info(f"the database is {URL}")
engine = create_async_engine(URL, connect_args={"check_same_thread": False} if URL.startswith("sqlite") else {})
print("connected to", URL)
""",
    ),
    Example(
        name="arguments that the async engine refuses go, listeners go to the sync engine inside",
        before="""\
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

engine = sa.create_engine("sqlite://", poolclass=QueuePool, pool_pre_ping=True)


@event.listens_for(engine, "connect")
def pragma(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")
""",
        after="""\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite://", pool_pre_ping=True)


@event.listens_for(engine.sync_engine, "connect")
def pragma(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")
""",
    ),
    Example(
        name="arguments of the connection get the names of the async driver",
        before={
            "requirements.txt": "sqlalchemy==2.0.36\npsycopg2==2.9.9\nasyncpg==0.30.0\n",
            "app.py": """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql://localhost/shop",
    connect_args={"connect_timeout": 10, "sslmode": "require", "keepalives": 1, "options": "-c jit=off"},
)
""",
        },
        after={
            "requirements.txt": "sqlalchemy==2.0.36\npsycopg2==2.9.9\nasyncpg==0.30.0\n",
            "app.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    connect_args={"timeout": 10, "ssl": "require", "server_settings": {"jit": "off"}},
)
""",
        },
    ),
    Example(
        name="an engine that a listener or a worker uses as well has a sync twin, and each event loop its connections",
        before={
            "requirements.txt": "sqlalchemy==2.0.36\npsycopg2==2.9.9\nasyncpg==0.30.0\n",
            "app.py": """\
from celery import shared_task
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://localhost/shop")


def count():
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM orders"))


@shared_task
def clean():
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM carts"))


@shared_task
def report():
    return count()


def page():
    return count()
""",
        },
        after={
            "requirements.txt": "sqlalchemy==2.0.36\npsycopg2==2.9.9\nasyncpg==0.30.0\n",
            "app.py": '''\
import asyncio

from celery import shared_task
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import create_async_engine


def keep_to_loop(engine):
    """Give the engine back: an event loop never gets connections from it that another loop has opened."""
    if engine.dialect.name == "sqlite":
        return engine  # its connections have threads, and belong to no loop

    @event.listens_for(engine.sync_engine, "checkout")
    def check_loop(connection, record, proxy):
        loop = asyncio.get_running_loop()
        if record.info.setdefault("loop", loop) is not loop:
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("this connection belongs to another event loop")

    return engine


engine = keep_to_loop(create_async_engine("postgresql+asyncpg://localhost/shop"))
sync_engine = create_engine("postgresql://localhost/shop")


def count():
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM orders"))


@shared_task
def clean():
    with sync_engine.begin() as connection:
        connection.execute(text("DELETE FROM carts"))


@shared_task
def report():
    return count()


def page():
    return count()
''',
        },
    ),
    Example(
        name="another library's create_engine stays",
        before="""\
from steam import create_engine

engine = create_engine("sqlite:///./app.db")
""",
        after=None,
    ),
)
