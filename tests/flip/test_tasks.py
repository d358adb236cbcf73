"""Tasks of workers: they stay sync where nothing async shares what they call."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

STUBS = Path(__file__).parent / "stubs"
CRUD = """\
from models import User


def add(db, name):
    user = User(name=name)
    db.add(user)
    db.commit()
    return user.id


def count(db):
    return db.query(User).count()
"""
TASKS = """\
from celery import Celery
from sqlalchemy.orm import Session

import crud
from db import SessionLocal
from models import User

worker = Celery("worker")


class Report:
    def __init__(self, db: Session):
        self.db = db

    def lines(self):
        return [u.name for u in self.db.query(User).order_by(User.id)]


@worker.task
def report():
    db = SessionLocal()
    try:
        return Report(db).lines()
    finally:
        db.close()


@worker.task(bind=False, max_retries=3)
def add_user(name):
    with SessionLocal() as db:
        return crud.add(db, name)
"""


@pytest.fixture(autouse=True)
def _celery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STUBS))
    monkeypatch.setenv("PYTHONPATH", str(STUBS))


def test_tasks(tmp_path: Path) -> None:
    """One has all to itself; one shares a function with a route and runs it in a loop of its own, many times."""
    app = (
        HEAD
        + """
import crud
from tasks import add_user, report


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    found = [crud.add(db, name), add_user.delay(name), report()]
    return found
"""
    )
    script = "from tasks import add_user, report\n\nprint([add_user(f'u{i}') for i in range(5)], report())\n"
    files = {"crud.py": CRUD, "tasks.py": TASKS, "main.py": app, "script.py": script}
    requests = [("POST", "/users?name=x"), ("POST", "/users?name=y")]
    done = prove(tmp_path, files, requests, [["script.py"]])
    assert done["tasks.py"].count("async def") == 2  # the task that shares, and the helper that waits for it
    assert "    db = SyncSessionLocal()\n    try:\n        return Report(db).lines()" in done["tasks.py"]
    assert "def __init__(self, db: Session):" in done["tasks.py"]


def test_routes_that_send_work(tmp_path: Path) -> None:
    """What waits for the broker or the worker goes to a thread; a task finds its request in the thread that runs it."""
    tasks = """\
from celery import Celery, Task

import crud
from db import SessionLocal
from models import User

worker = Celery("worker")


class DatabaseTask(Task):
    _db = None

    @property
    def db(self):
        if self._db is None:
            self._db = SessionLocal()
        return self._db

    def after_return(self, *args):
        if self._db is not None:
            self._db.close()
            self._db = None


class CountedTask(Task):
    def __call__(self, *args, **kwargs):
        with SessionLocal() as db:
            before = crud.count(db)
        given = self.run(*args, **kwargs)
        with SessionLocal() as db:
            return given, crud.count(db) - before


@worker.task(base=CountedTask)
def add_counted(name):
    with SessionLocal() as db:
        return crud.add(db, name)


@worker.task(bind=True, base=DatabaseTask)
def add_twice(self, name):
    return [crud.add(self.db, name), crud.add(self.db, name), self.db.get(User, 1).name]


@worker.task(bind=True, max_retries=3)
def add_user(self, name):
    with SessionLocal() as db:
        return [self.request["task"], crud.add(db, name)]
"""
    app = (
        HEAD
        + """
import crud
from tasks import add_user


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    sent = add_user.apply_async(args=(name,), countdown=1)
    return [crud.add(db, name), add_user.delay(name), add_user.apply_async((name,)).get(timeout=5), sent.get()]


@app.get("/users")
def alone():
    return add_user.delay("alone")
"""
    )
    script = """\
from tasks import add_counted, add_twice, add_user

print(add_user('s'), add_user.apply_async(('t',)).get(), add_twice('u'), add_twice('v'), add_counted('w'))
"""
    files = {"crud.py": CRUD, "tasks.py": tasks, "main.py": app, "script.py": script}
    done = prove(tmp_path, files, [("POST", "/users?name=x"), ("GET", "/users")], [["script.py"]])
    assert "await run_in_threadpool(add_user.delay, name)" in done["main.py"]
    assert '@app.get("/users")\ndef alone():' in done["main.py"]


def test_tasks_alone_keep_the_engine(tmp_path: Path) -> None:
    """An engine that only the worker uses stays what it is."""
    tasks = """\
from celery import Celery
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from models import User

engine = create_engine("sqlite:///app.db")
Session = sessionmaker(engine)
worker = Celery("worker")


@worker.task
def count():
    with Session() as db:
        return db.query(User).count()
"""
    script = "from tasks import count\n\nprint(count())\n"
    done = prove(tmp_path, {"tasks.py": tasks, "main.py": HEAD, "script.py": script}, [], [["script.py"]])
    assert 'engine = create_engine("sqlite:///app.db")\nSession = sessionmaker(engine)\n' in done["tasks.py"]


def test_a_runner_that_asks_whether_its_task_is_async(tmp_path: Path) -> None:
    """It goes on to do so: plain tasks stay plain, and run in their thread."""
    runner = """\
import inspect

from starlette.concurrency import run_in_threadpool


async def run(task):
    if inspect.iscoroutinefunction(task):
        await task()
    else:
        await run_in_threadpool(task)


async def report(error, handler=None):
    if handler is None:
        return str(error)
    return await handler(error) if inspect.iscoroutinefunction(handler) else handler(error)
"""
    app = (
        HEAD
        + """
import threading

from db import SessionLocal
from runner import report, run

seen = []


def note():
    seen.append(threading.current_thread() is threading.main_thread())


def add():
    with SessionLocal() as db:
        db.add(User(name="task"))
        db.commit()


def named(error):
    return f"plain {error}"


def stored(error):
    with SessionLocal() as db:
        return f"{db.query(User).count()} {error}"


@app.get("/run")
async def run_all():
    await run(note)
    await run(add)
    return [seen, await report(ValueError("a"), named), await report(ValueError("b"), stored)]
"""
    )
    migrated = prove(tmp_path, {"main.py": app, "runner.py": runner}, [("GET", "/run")])
    assert migrated["runner.py"] == runner
    assert "\ndef note():" in migrated["main.py"]
    assert "\ndef named(error):" in migrated["main.py"]
    assert "async def add():" in migrated["main.py"]
