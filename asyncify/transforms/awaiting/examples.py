"""Examples of the transform `await`."""

from __future__ import annotations

from asyncify.transforms.base import Example

EXAMPLES = (
    Example(
        name="a call deep down makes its callers async, across modules",
        before={
            "crud.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session


def names(db: Session):
    return [row.name for row in db.scalars(select(User)).all()]


def shout(text):
    return text.upper()
""",
            "main.py": """\
from sqlalchemy.orm import Session

import crud


def report(db: Session):
    return crud.shout(", ".join(crud.names(db)))
""",
        },
        after={
            "crud.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session


async def names(db: Session):
    return [row.name for row in (await db.scalars(select(User))).all()]


def shout(text):
    return text.upper()
""",
            "main.py": """\
from sqlalchemy.orm import Session

import crud


async def report(db: Session):
    return crud.shout(", ".join(await crud.names(db)))
""",
        },
    ),
    Example(
        name="rows are iterated once the statement was awaited",
        before="""\
from sqlalchemy import select
from sqlalchemy.orm import Session


def names(db: Session):
    return [row.name for row in db.execute(select(User))]
""",
        after="""\
from sqlalchemy import select
from sqlalchemy.orm import Session


async def names(db: Session):
    return [row.name for row in await db.execute(select(User))]
""",
    ),
    Example(
        name="add is not awaited, commit is",
        before="""\
from sqlalchemy.orm import Session


def save(db: Session, user):
    db.add(user)
    db.commit()
    db.refresh(user)
    return user
""",
        after="""\
from sqlalchemy.orm import Session


async def save(db: Session, user):
    db.add(user)
    await db.commit()
    await db.refresh(user)
    return user
""",
    ),
    Example(
        name="a dependency becomes an async generator around a context manager",
        before="""\
from typing import Generator

from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker()


def get_db() -> Generator[Session, None, None]:
    db = SessionLocal()  # one for each request
    try:
        yield db
    except Exception:
        db.rollback()
        raise
    finally:
        db.close()
""",
        after="""\
from typing import AsyncGenerator

from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker()


async def get_db() -> AsyncGenerator[Session, None]:
    async with SessionLocal() as db:  # one for each request
        try:
            yield db
        except Exception:
            await db.rollback()
            raise
""",
    ),
    Example(
        name="sessions of other libraries stay",
        before="""\
import requests


def fetch(session: requests.Session):
    with session:
        session.execute("x")
        return session.get("https://example.org")


def find(db: dict):
    return db.get("x")
""",
        after=None,
    ),
    Example(
        name="a function of another library is given the sync session inside",
        before="""\
from pages.sqlalchemy import count_rows, paginate
from sqlalchemy import select
from sqlalchemy.orm import Session


def listing(db: Session):
    return paginate(db, select(User), size=10)


def total(db: Session):
    return count_rows(select(User), session=db)
""",
        after="""\
from pages.sqlalchemy import count_rows, paginate
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn


async def listing(db: Session):
    return await db.run_sync(paginate, select(User), size=10)


async def total(db: Session):
    return await greenlet_spawn(count_rows, select(User), session=db.sync_session)
""",
    ),
    Example(
        name="an object of another library that keeps a session is reported",
        before="""\
from policies.adapters import DatabaseAdapter
from sqlalchemy.orm import Session


def adapter(db: Session):
    return DatabaseAdapter(db)
""",
        after=None,
        findings=("library-session",),
    ),
    Example(
        name="steps of pytest-bdd are called synchronously: they stay plain, and are reported",
        before="""\
from pytest_bdd import given
from sqlalchemy.orm import Session


@given("a user")
def user(db: Session):
    db.commit()
""",
        after="""\
from pytest_bdd import given
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only


@given("a user")
def user(db: Session):
    await_only(db.commit())
""",
        findings=("barrier-given",),
    ),
)
