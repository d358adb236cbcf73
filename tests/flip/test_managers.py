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


def test_context_managers_that_are_entered_and_left_by_hand(tmp_path: Path) -> None:
    """`__enter__()` and `__exit__()` written out, of a session, of a generator function with `@contextmanager`, of a
    block of an engine and of a class of the program: the async form of each is waited for."""
    app = (
        HEAD
        + """
from contextlib import contextmanager

from db import SessionLocal, engine


class Manager:
    def __init__(self, factory):
        self._factory = factory

    @contextmanager
    def get_session(self):
        session = self._factory()
        try:
            yield session
            session.commit()
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()


manager = Manager(SessionLocal)


class Unit:
    def __enter__(self):
        self.session = SessionLocal()
        return self

    def __exit__(self, *error):
        self.session.close()


class Ledger:
    def age(self, key: int, session=None):
        opened = None
        if session is None:
            opened = manager.get_session()
            session = opened.__enter__()
        try:
            user = session.get(User, key)
            user.age += 1
            return user.age
        finally:
            if opened is not None:
                opened.__exit__(None, None, None)


@app.get("/opened/{key}")
def opened(key: int):
    return Ledger().age(key)


@app.get("/given/{key}")
def given(key: int, db: Session = Depends(get_db)):
    return Ledger().age(key, db)


@app.get("/session/{key}")
def of_a_session(key: int):
    session = SessionLocal().__enter__()
    try:
        return session.get(User, key).age
    finally:
        session.__exit__(None, None, None)


@app.get("/engine")
def of_an_engine():
    block = engine.begin()
    connection = block.__enter__()
    connection.execute(select(User.id).where(User.id == 1))
    block.__exit__(None, None, None)
    return "done"


@app.get("/unit/{key}")
def of_a_class(key: int):
    unit = Unit()
    entered = unit.__enter__()
    age = entered.session.get(User, key).age
    unit.__exit__(None, None, None)
    return age


class Plain:
    def __enter__(self):  # kept
        return 7

    def __iter__(self):
        with SessionLocal() as db:
            yield from db.scalars(select(User.age).order_by(User.id)).all()

    def __exit__(self, *error):  # kept
        pass


@app.get("/plain")
def plain():
    block = Plain()
    number = block.__enter__()  # kept
    block.__exit__(None, None, None)  # kept
    return [number, *block]
"""
    )
    requests = ["/opened/1", "/opened/1", "/given/1", "/session/1", "/engine", "/unit/1", "/plain"]
    prove(tmp_path, app, [("GET", url) for url in requests])


UNITS = """\
import abc
from contextlib import AbstractContextManager
from typing import ContextManager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import SessionLocal
from models import User


class AbstractUnit(AbstractContextManager["AbstractUnit"], metaclass=abc.ABCMeta):
    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.rollback()

    @abc.abstractmethod
    def rollback(self): ...


class Unit(AbstractUnit):
    def __enter__(self):
        self.session = SessionLocal()
        return super().__enter__()

    def __exit__(self, *args):
        super().__exit__(*args)
        self.session.close()

    def rollback(self):
        self.session.rollback()

    def count(self):
        return self.session.scalar(select(func.count()).select_from(User))


class Closing(AbstractContextManager):
    def __init__(self):
        self.session = SessionLocal()

    def __exit__(self, *args):
        self.session.close()


class Typed(ContextManager[Session]):
    def __enter__(self):
        self.session = SessionLocal()
        return self.session

    def __exit__(self, *args):
        self.session.close()


class Timer(AbstractContextManager):
    seconds = 0

    def __exit__(self, *args):
        self.seconds = 1
"""


def test_a_class_that_derives_from_the_abstract_manager(tmp_path: Path) -> None:
    """`__exit__` of it is abstract: an object with `__aexit__` alone could not be made."""
    app = """\
from fastapi import FastAPI
from sqlalchemy import func, select

from models import User
from units import Closing, Timer, Typed, Unit

app = FastAPI()


@app.get("/unit")
def unit():
    with Unit() as unit:
        return unit.count()


@app.get("/closing")
def closing():
    with Closing() as closing, Timer() as timer:
        return [closing.session.scalar(select(func.count()).select_from(User)), timer.seconds]


@app.get("/typed")
def typed():
    with Typed() as session:
        return session.scalar(select(func.count()).select_from(User))
"""
    done = prove(tmp_path, {"main.py": app, "units.py": UNITS}, [("GET", p) for p in ("/unit", "/closing", "/typed")])
    assert 'class AbstractUnit(AbstractAsyncContextManager["AbstractUnit"], metaclass' in done["units.py"]
    assert "class Timer(AbstractContextManager):" in done["units.py"]


SIBLINGS = """\
from contextlib import AbstractContextManager

from db import SessionLocal


class Unit(AbstractContextManager):
    count = 0


class Stored(Unit):
    def __enter__(self):
        self.session = SessionLocal()
        return self

    def __exit__(self, *args):
        self.session.commit()
        self.session.close()


class Memory(Unit):
    def __exit__(self, *args):
        self.count = 1
"""


def test_classes_beside_each_other_below_an_abstract_manager(tmp_path: Path) -> None:
    """The manager above both becomes async: `Memory` would have no `__aexit__`, and no object of it could be made."""
    app = (
        HEAD
        + """
from units import Memory, Stored


def work(unit):
    with unit:
        pass
    return unit.count


@app.get("/both")
def both():
    with Stored() as stored:
        found = stored.session.query(User).count()
    with Memory() as memory:
        before = memory.count
    return [found, before, memory.count]


@app.get("/either")
def either():
    return [work(Memory()), work(Stored())]
"""
    )
    prove(tmp_path, {"main.py": app, "units.py": SIBLINGS}, [("GET", "/both"), ("GET", "/either")])
