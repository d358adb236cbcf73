"""Ways in which sessions, factories and engines are carried about, each found in an app of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

READ = [("GET", "/1"), ("GET", "/9")]

APPS = {
    "named tuples, unpacked and by name": """\
import collections
from typing import NamedTuple, TypedDict


class Pair(NamedTuple):
    db: Session
    key: int


class Record(TypedDict):
    db: Session
    key: int


Plain = collections.namedtuple("Plain", "db key")
Listed = collections.namedtuple("Listed", ["db", "key"])


def by_item(record: Record):
    return record["db"].get(User, record["key"])


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    pair, plain, listed = Pair(db, key), Plain(db, key), Listed(key=key, db=db)
    first, number = pair
    second, other = plain
    found = [first.get(User, number), second.get(User, other), by_item({"db": db, "key": key})]
    found += [x.db.get(User, x.key) for x in (pair, plain, listed)]
    return [user.name if user else None for user in found]
""",
    "a global that is set where it is first needed": """\
from db import SessionLocal

current = None


def opened():
    global current
    if current is None:
        current = SessionLocal()
    return current


def closed():
    global current
    if current is not None:
        current.close()
        current = None


@app.get("/{key}")
def read(key: int):
    opened()
    try:
        user = current.get(User, key)
        return [user.name if user else None, opened().scalar(select(User.name))]
    finally:
        closed()
""",
    "class attributes with the names of the module": """\
from sqlalchemy import text

from db import SessionLocal, engine


class Base:
    SessionLocal = SessionLocal
    engine = engine


class Repository(Base):
    def find(self, key):
        with self.SessionLocal() as session:
            return session.get(User, key)

    @classmethod
    def size(cls):
        with cls.SessionLocal() as session, cls.engine.connect() as connection:
            return [len(session.scalars(select(User)).all()), connection.execute(text("select 1")).scalar()]


@app.get("/{key}")
def read(key: int):
    user = Repository().find(key)
    return [user.name if user else None, Repository.size()]
""",
    "items of an object of the program": """\
class Users:
    def __init__(self, db):
        self.db = db

    def find(self, key):
        return self.db.get(User, key)


class Repositories:
    def __init__(self, db):
        self.db = db

    def __getitem__(self, cls):  # kept
        return cls(self.db)  # kept


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = Repositories(db)[Users].find(key)
    return user.name if user else None
""",
    "sessions of an own class, made and entered": """\
from db import engine


class OwnSession(Session):
    def find(self, key):
        return self.get(User, key)


@app.get("/{key}")
def read(key: int):
    with Session(bind=engine) as first, OwnSession(engine) as second, engine.connect() as connection:
        inner = Session(bind=connection)
        user = inner.get(User, key)
        inner.close()
        second.add(User(name="new"))
        second.flush()
        second.rollback()
        found = [first.get(User, key), second.find(key), user]
        return [user.name if user else None for user in found]
""",
    "a connection that is given options": """\
from db import engine


@app.get("/{key}")
def read(key: int):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = connection.execute(select(User.name).order_by(User.id)).scalars().all()
    other = engine.connect().execution_options(logging_token="x")
    try:
        return [names, other.execute(select(User.id)).scalars().first()]
    finally:
        other.close()
""",
}


@pytest.mark.parametrize("name", APPS)
def test_found(tmp_path: Path, name: str) -> None:
    shared = ["shared-session"] if name == "a global that is set where it is first needed" else []
    done = prove(tmp_path, f"{HEAD}{APPS[name]}", READ, codes=shared)
    assert "await" in done["main.py"]


def test_options_come_before_the_connection_is_open(tmp_path: Path) -> None:
    done = prove(tmp_path, f"{HEAD}{APPS['a connection that is given options']}", READ)
    assert (
        'async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:'
        in (done["main.py"])
    )
    assert 'other = await engine.execution_options(logging_token="x").connect()' in done["main.py"]
