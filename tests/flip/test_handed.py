"""Functions that a library gets of which nothing is known, and context managers in code that stays plain."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

LIBRARY = """\
import importlib

CONFIGURED = []


def configure(function):
    function(CONFIGURED)


class Registry:
    def __init__(self):
        self.found = {}

    def register(self, name, made_by=None):
        self.found[name] = made_by

    def ask(self, name):
        return self.found[name]()

    def run(self, name):
        module, _, function = name.replace(":", ".").rpartition(".")
        return getattr(importlib.import_module(module), function)()


class Signal:
    def __init__(self):
        self.receivers = []

    def connect(self, function=None, **options):
        if function is None:
            return self.connect
        self.receivers.append(function)
        return function

    def fire(self, value):
        return [function(value) for function in self.receivers]


ready = Signal()


class Machine:
    ready = Signal()


class Handler:
    def notify(self, value):
        return self.on_change(value)

    def on_change(self, value):
        raise NotImplementedError
"""


def test_a_library_that_nobody_knows_gets_a_plain_function(tmp_path: Path) -> None:
    app = """
import somewhere
from db import SessionLocal

registry = somewhere.Registry()


def fill(names):
    db = SessionLocal()
    try:
        names.extend(user.name for user in db.query(User).order_by(User.id))
    finally:
        db.close()


def count():
    with SessionLocal() as db:
        return db.query(User).count()


somewhere.configure(fill)
registry.register("count", made_by=count)


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [somewhere.CONFIGURED, registry.ask("count"), db.get(User, 1).name]
"""
    installed = {"somewhere.py": LIBRARY}
    after = prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")], installed=installed)["main.py"]
    assert "\ndef fill(names):\n    db = SyncSessionLocal()" in after
    assert "\ndef count():\n    with SyncSessionLocal() as db:" in after


def test_decorators_that_take_async_functions(tmp_path: Path) -> None:
    """A scheduler that runs in the loop, and what decorates beside the decorator of a route."""
    app = (
        HEAD
        + """
from apscheduler.schedulers.asyncio import AsyncIOScheduler

import limits
from db import SessionLocal

scheduler = AsyncIOScheduler()


@scheduler.scheduled_job("interval", seconds=1)
def tick():
    with SessionLocal() as db:
        return db.query(User).count()


@app.get("/")
@limits.limit("5/minute")
def read():
    with SessionLocal() as db:
        return db.query(User).count()
"""
    )
    done = migrate({**BASE, "main.py": app})
    assert "seconds=1)\nasync def tick():" in done["main.py"]
    assert '@limits.limit("5/minute")\nasync def read():' in done["main.py"]
    assert not done.findings


def test_functions_that_a_library_is_given_by_name(tmp_path: Path) -> None:
    jobs = """\
from db import SessionLocal
from models import User


def total(db):
    return db.query(User).count()


def alone():
    with SessionLocal() as db:
        return db.query(User).count()


def shared():
    with SessionLocal() as db:
        return total(db)
"""
    app = """
import jobs
import somewhere

registry = somewhere.Registry()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [jobs.total(db), registry.run("jobs.alone"), registry.run(name="jobs:shared")]
"""
    files = {"jobs.py": jobs, "main.py": HEAD + app}
    after = prove(tmp_path, files, [("GET", "/"), ("GET", "/")], installed={"somewhere.py": LIBRARY})["jobs.py"]
    assert "\ndef alone():\n    with SyncSessionLocal() as db:" in after
    assert "@run_async\nasync def shared():" in after


def test_what_a_library_decorates_and_overrides_is_plain(tmp_path: Path) -> None:
    """Receivers of signals, and methods in the place of those of a library: alone on a sync engine, or in a loop of
    their own."""
    app = """
import somewhere
from db import SessionLocal

machine = somewhere.Machine()


def total(db: Session):
    return db.query(User).count()


@somewhere.ready.connect
def alone(value):
    with SessionLocal() as db:
        return db.query(User).count() + value


@somewhere.ready.connect(weak=False)
def shared(value):
    with SessionLocal() as db:
        return total(db) + value


@machine.ready.connect
def behind_an_object(value):
    with SessionLocal() as db:
        return total(db) + value


class Alone(somewhere.Handler):
    def on_change(self, value):
        with SessionLocal() as db:
            return db.get(User, value).name


class Shared(somewhere.Handler):
    def on_change(self, value):
        db = SessionLocal()
        try:
            return total(db)
        finally:
            db.close()


@app.get("/")
def read(db: Session = Depends(get_db)):
    return [total(db), somewhere.ready.fire(1), machine.ready.fire(2), [h.notify(1) for h in (Alone(), Shared())]]
"""
    installed = {"somewhere.py": LIBRARY}
    after = prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")], installed=installed)["main.py"]
    assert "\ndef alone(value):\n    with SyncSessionLocal() as db:" in after
    assert "@somewhere.ready.connect(weak=False)\n@run_async\nasync def shared(value):" in after
    assert "    def on_change(self, value):\n        with SyncSessionLocal() as db:" in after


def test_plain_code_enters_sessions_and_connections(tmp_path: Path) -> None:
    app = """
from contextlib import contextmanager

from sqlalchemy import text

from db import engine as main_engine


@contextmanager
def opened(engine):
    db = Session(engine)
    try:
        yield db
    finally:
        db.close()


class Store:
    def __init__(self, engine):
        self.engine = engine
        with engine.connect() as connection, open("requirements.txt") as file:
            self.one = connection.execute(text("select 1")).scalar()
            self.lines = file.readable()
        with Session(engine) as db:
            self.names = [user.name for user in db.query(User)]
        with opened(engine) as db:
            self.count = db.query(User).count()

    @property
    def broken(self):
        try:
            with self.engine.begin() as connection:
                connection.execute(text("update users set name = 'x'"))
                raise ValueError("no")
        except ValueError as error:
            return str(error)


@app.get("/")
def read():
    store = Store(main_engine)
    return [store.one, store.lines, store.names, store.count, store.broken, Store(main_engine).names]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/")])["main.py"]
    assert 'with entered(engine.connect()) as connection, open("requirements.txt") as file:' in after


def test_a_dependency_is_stepped_in_a_constructor(tmp_path: Path) -> None:
    app = """
class Users:
    def __init__(self):
        self.db = get_db().__next__()
        self.other = next(get_db())

    def names(self):
        return [user.name for user in [*self.db.query(User), self.other.get(User, 1)]]


@app.get("/")
def read():
    db = get_db().__next__()
    return [Users().names(), db.query(User).count()]
"""
    prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")], leaks=True)


def test_bound_methods_of_a_session_some_of_which_wait(tmp_path: Path) -> None:
    app = """
def retry(work, *args, **options):
    for attempt in range(3):
        try:
            return work(*args, **options)
        except ConnectionError:
            pass


@app.get("/")
def read(db: Session = Depends(get_db)):
    user = User(name="dora")
    retry(db.add, user)
    retry(db.flush)
    found = retry(db.execute, select(User).order_by(User.id)).scalars().all()
    retry(db.expunge, user)
    return [[u.name for u in found], retry(len, found), retry(db.get, User, 1).name]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")])["main.py"]
    assert "return await resolved(work(*args, **options))" in after


def test_a_transaction_of_a_session_that_a_wrapper_begins(tmp_path: Path) -> None:
    """It is begun by its `with`: `AsyncSessionTransaction` is awaitable too, and begins again then."""
    app = """
class Database:
    def __init__(self, session):
        self.session = session

    def retry(self, work, *args):
        return work(*args)

    def add(self, instance):
        self.retry(self.session.add, instance)

    def flush(self):
        return self.retry(self.session.flush)

    def begin(self):
        return self.retry(self.session.begin)

    def begin_nested(self):
        return retry_all(self.session.begin_nested)


def retry_all(work):
    return work()


@app.get("/")
def read(db: Session = Depends(get_db)):
    database = Database(db)
    with database.begin():
        database.add(User(name="dora"))
        with database.begin_nested() as nested:
            database.add(User(name="emil"))
            database.flush()
            retry_all(db.flush)
            nested.rollback()
    return [u.name for u in db.query(User).order_by(User.id)]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")])["main.py"]
    assert "return await resolved(work())" in after


def test_a_function_gives_a_transaction_on(tmp_path: Path) -> None:
    app = """
from db import engine


def connected():
    return engine.connect()


def begun(db: Session):
    db.query(User).count()
    return db.begin_nested()


@app.get("/")
def read(db: Session = Depends(get_db)):
    with connected() as connection:
        names = connection.scalars(select(User.name).order_by(User.id)).all()
    other = connected()
    count = len(other.execute(select(User.id)).all())
    other.close()
    with begun(db):
        db.add(User(name="dora"))
    nested = begun(db)
    db.add(User(name="emil"))
    db.flush()
    nested.rollback()
    return [names, count, [u.name for u in db.query(User).order_by(User.id)]]
"""
    after = prove(tmp_path, HEAD + app, [("GET", "/"), ("GET", "/")])["main.py"]
    assert "async with connected() as connection:" in after
    assert "other = await connected()" in after
