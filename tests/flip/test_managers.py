"""Context managers that are made by a call, or entered by a stack."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_contextmanager_called_on_a_dependency(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import contextlib
from contextlib import contextmanager

session_scope = contextmanager(get_db)


def plain():
    yield 7


seven = contextmanager(plain)


def work(key):
    manager = contextlib.contextmanager(get_db)

    def inner():
        with manager() as db:
            return db.get(User, key).name

    return inner()


@app.get("/count")
def count():
    with session_scope() as db, seven() as number:
        return [db.query(User).count(), number]


@app.get("/first")
def first():
    with contextmanager(get_db)() as db:
        return db.query(User).order_by(User.id).first().name


@app.get("/name/{key}")
def name(key: int):
    return work(key)
"""
    )
    done = prove(tmp_path, app, [("GET", "/count"), ("GET", "/first"), ("GET", "/name/2")])
    assert "seven = contextmanager(plain)" in done["main.py"]


def test_what_a_stack_enters(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from contextlib import ExitStack, contextmanager


@contextmanager
def counting(db, age):
    known = None

    def count():
        nonlocal known
        if known is None:
            known = db.query(User).filter(User.age > age).count()
        return known

    yield count


@app.get("/counts")
def counts(db: Session = Depends(get_db)):
    managers = [counting(db, 25), counting(db, 35)]
    with ExitStack() as stack:
        counters = [stack.enter_context(manager) for manager in managers]
        found = []
        for counter in counters:
            found.append(counter())
        return found
"""
    )
    prove(tmp_path, app, [("GET", "/counts")])


def test_what_a_stack_closes(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from contextlib import ExitStack, closing

from db import SessionLocal


@app.get("/names")
def names():
    with ExitStack() as stack:
        first = stack.enter_context(closing(SessionLocal()))
        second = stack.enter_context(SessionLocal())
        return [first.get(User, 1).name, second.get(User, 2).name]
"""
    )
    prove(tmp_path, app, [("GET", "/names")])


def test_a_session_taken_by_hand_is_given_back(tmp_path: Path) -> None:
    app = (
        HEAD
        + """

@app.get("/count")
def count():
    db = next(get_db())
    found = db.query(User).count()
    return found


@app.get("/name/{key}")
def name(key: int):
    db: Session = next(get_db())
    user = db.get(User, key)
    if user is not None:
        print(user.name)
"""
    )
    done = prove(tmp_path, app, [("GET", "/count"), ("GET", "/name/1"), ("GET", "/name/7")])["main.py"]
    assert "    await db.close()\n    return found" in done


def test_a_dependency_that_gives_on_another_one_tells_it_of_errors(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi.responses import JSONResponse

from db import SessionLocal

log = []


class Scopes:
    def __init__(self, make):
        self.make = make

    def scope(self, name, *, quiet=False):
        db = self.make()
        try:
            yield db
            db.commit()
        except ValueError:
            db.rollback()
            log.append(f"{name} rolled back")
            raise
        finally:
            db.close()
            log.append(f"{name} closed")


scopes = Scopes(SessionLocal)


def get_scope():
    yield from scopes.scope("a", quiet=True)


def get_outer():
    yield from get_scope()


def names(db):
    yield from each(db)


def each(db):
    for user in db.query(User).order_by(User.id):
        yield user.name


@app.exception_handler(ValueError)
def refused(request, error):
    return JSONResponse(str(error), 400)


@app.get("/add")
def add(name: str, db: Session = Depends(get_outer)):
    db.add(User(name=name))
    db.flush()
    if name == "bad":
        raise ValueError(name)
    return name


@app.get("/names")
def all_names(db: Session = Depends(get_db)):
    return [list(names(db)), log]
"""
    )
    requests = [("GET", "/add?name=good"), ("GET", "/add?name=bad"), ("GET", "/names")]
    migrated = prove(tmp_path, app, requests)
    assert "async with asynccontextmanager(get_scope)() as item:\n        yield item" in migrated["main.py"]


def test_a_factory_is_known_by_its_annotation(tmp_path: Path) -> None:
    """What gives the factory is not seen: the annotation of the parameter has to tell what it makes."""
    app = (
        HEAD
        + """
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import scoped_session, sessionmaker

import db as storage


class Work:
    def __init__(self, factory: sessionmaker):
        self.factory = factory

    @contextmanager
    def begin(self) -> Iterator[Session]:
        session = self.factory()
        try:
            yield session
            session.commit()
        except ValueError:
            session.rollback()
            raise
        finally:
            session.close()


def total(factory: "sessionmaker[Session]"):
    with factory() as session:
        return session.query(User).count()


def oldest(scope: scoped_session):
    return scope.query(User).order_by(User.age.desc()).first().name


@app.post("/users/{name}")
def create(name: str):
    work = Work(vars(storage)["SessionLocal"])
    with work.begin() as session:
        session.add(User(name=name))
    try:
        with work.begin() as session:
            session.add(User(name="nobody"))
            session.flush()
            raise ValueError
    except ValueError:
        return total(vars(storage)["SessionLocal"])
"""
    )
    done = prove(tmp_path, app, [("POST", "/users/mo"), ("POST", "/users/lu")])
    assert "async def oldest(scope: async_scoped_session)" in done["main.py"]
    assert "factory: async_sessionmaker" in done["main.py"]
