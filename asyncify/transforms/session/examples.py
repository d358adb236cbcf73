"""Examples of the transform `session`."""

from __future__ import annotations

from asyncify.transforms.base import Example

EXAMPLES = (
    Example(
        name="factories of factory_boy work on the sync session inside",
        before="""\
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session, scoped_session, sessionmaker

Scoped = scoped_session(sessionmaker())


class TagFactory(SQLAlchemyModelFactory):
    class Meta:
        sqlalchemy_session = Scoped


def use(db: Session):
    for made in SQLAlchemyModelFactory.__subclasses__():
        made._meta.sqlalchemy_session = db
""",
        after="""\
import asyncio

from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)

Scoped = async_scoped_session(async_sessionmaker(expire_on_commit=False), scopefunc=asyncio.current_task)


class TagFactory(SQLAlchemyModelFactory):
    class Meta:
        sqlalchemy_session_factory = lambda: Scoped().sync_session


def use(db: AsyncSession):
    for made in SQLAlchemyModelFactory.__subclasses__():
        made._meta.sqlalchemy_session = db.sync_session
""",
    ),
    Example(
        name="what is said to give a session is entered with async with",
        before="""\
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session


class Repository:
    def __init__(self, opener: Callable[..., AbstractContextManager[Session]], lock: AbstractContextManager):
        self.opener = opener
        self.lock = lock
""",
        after="""\
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager

from sqlalchemy.ext.asyncio import AsyncSession


class Repository:
    def __init__(self, opener: Callable[..., AbstractAsyncContextManager[AsyncSession]], lock: AbstractContextManager):
        self.opener = opener
        self.lock = lock
""",
    ),
    Example(
        name="what a cache or a worker calls stays as it is, on a sync engine and factory beside the async ones",
        before="""\
from functools import lru_cache

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite:///./app.db"))


@lru_cache
def currencies():
    with SessionLocal() as db:
        return db.scalars(text("SELECT code FROM currencies")).all()


def orders():
    with SessionLocal() as db:
        return db.scalars(text("SELECT id FROM orders")).all()
""",
        after="""\
from functools import lru_cache

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import sessionmaker

SessionLocal = async_sessionmaker(create_engine("sqlite:///./app.db"), expire_on_commit=False)
SyncSessionLocal = sessionmaker(create_engine("sqlite:///./app.db"))


@lru_cache
def currencies():
    with SyncSessionLocal() as db:
        return db.scalars(text("SELECT code FROM currencies")).all()


def orders():
    with SessionLocal() as db:
        return db.scalars(text("SELECT id FROM orders")).all()
""",
    ),
    Example(
        name="a factory keeps its arguments, annotations follow",
        before="""\
from sqlalchemy.orm import Session, sessionmaker

from db import engine

SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine)


def is_open(db: "Session", other: Session | None = None) -> bool:
    return db.is_active
""",
        after="""\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import engine

SessionLocal = async_sessionmaker(autocommit=False, autoflush=False, bind=engine, expire_on_commit=False)


def is_open(db: "AsyncSession", other: AsyncSession | None = None) -> bool:
    return db.is_active
""",
    ),
    Example(
        name="SQLModel has an async session of its own",
        before="""\
from sqlmodel import Session, SQLModel, create_engine

engine = create_engine("sqlite://")


def open_session():
    return Session(engine, autoflush=False)
""",
        after="""\
from sqlmodel import SQLModel, create_engine
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_engine("sqlite://")


def open_session():
    return AsyncSession(engine, autoflush=False, expire_on_commit=False)
""",
    ),
    Example(
        name="on 1.4, a test session that is rolled back as a whole joins the transaction of its connection",
        before={
            "requirements.txt": "sqlalchemy==1.4.54\n",
            "conftest.py": """\
from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker


def db(engine: Engine):
    connection = engine.connect()
    transaction = connection.begin()
    session = sessionmaker(bind=engine)()
    session.begin_nested()
    yield session
    session.close()
    transaction.rollback()
""",
        },
        after={
            "conftest.py": """\
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import sessionmaker


def db(engine: AsyncEngine):
    connection = engine.connect()
    transaction = connection.begin()
    session = sessionmaker(bind=connection, expire_on_commit=False, class_=AsyncSession)()
    session.begin_nested()
    yield session
    session.close()
    transaction.rollback()
""",
        },
    ),
    Example(
        name="a listener that restarts a savepoint does not expire what is read next",
        before="""\
from sqlalchemy import event
from sqlalchemy.orm import Session


def restart(session: Session):
    @event.listens_for(session, "after_transaction_end")
    def restart_savepoint(inner, transaction):
        if transaction.nested and not transaction._parent.nested:
            inner.expire_all()
            inner.begin_nested()
""",
        after="""\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession


def restart(session: AsyncSession):
    @event.listens_for(session, "after_transaction_end")
    def restart_savepoint(inner, transaction):
        if transaction.nested and not transaction._parent.nested:
            inner.begin_nested()
""",
    ),
    Example(
        name="a class that is only called Session stays",
        before="""\
from training import Session


def plan(session: Session):
    return Session(session.day)
""",
        after=None,
    ),
)
