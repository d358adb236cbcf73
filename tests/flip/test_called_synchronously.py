"""Functions that a library calls synchronously: each works as before, on a sync engine or in a loop of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD

SHARED = """
from db import SessionLocal


def find(db: Session, key: int):
    return db.get(User, key)


@app.get("/shared/{key}")
def shared(key: int, db: Session = Depends(get_db)):
    return find(db, key).name

"""


def test_templates(tmp_path: Path) -> None:
    """Filters and globals: one of its own, one that shares a function with a route."""
    app = (
        HEAD
        + SHARED
        + """
from fastapi import Request
from fastapi.templating import Jinja2Templates

templates = Jinja2Templates(directory="templates")


def name_of(key):
    with SessionLocal() as db:
        return find(db, key).name


def count_users():
    with SessionLocal() as db:
        return db.query(User).count()


def is_known(name):
    with SessionLocal() as db:
        return db.query(User).filter(User.name == name).first() is not None


templates.env.filters["name_of"] = name_of
templates.env.globals.update(count_users=count_users)
templates.env.tests["known"] = is_known


@app.get("/page/{key}")
def page(request: Request, key: int, db: Session = Depends(get_db)):
    return templates.TemplateResponse(request, "page.html", {"user": find(db, key), "key": key})
"""
    )
    page = "{{ user.name }} {{ key|name_of }} {{ count_users() }} {{ 'ann' is known }}\n"
    files = {"main.py": app, "templates/page.html": page}
    done = prove(tmp_path, files, [("GET", "/page/1"), ("GET", "/shared/2")])
    assert "@run_async\nasync def name_of" in done["main.py"]
    assert "def count_users():\n    with SyncSessionLocal() as db:" in done["main.py"]


def test_methods_of_library_classes(tmp_path: Path) -> None:
    """A thread, a handler of logging, an encoder, and the key of a list that is sorted."""
    app = (
        HEAD
        + SHARED
        + """
import json
import logging
import threading


class Worker(threading.Thread):
    def __init__(self, key):
        super().__init__()
        self.key = key
        self.found = None

    def run(self):
        with SessionLocal() as db:
            self.found = find(db, self.key).name


class Counting(logging.Handler):
    seen = []

    def emit(self, record):
        with SessionLocal() as db:
            self.seen.append([record.getMessage(), db.query(User).count()])


class Encoder(json.JSONEncoder):
    def default(self, o):
        with SessionLocal() as db:
            return db.get(User, o.id).name


log = logging.getLogger("app")
log.addHandler(Counting())


def age_of(key):
    with SessionLocal() as db:
        return db.get(User, key).age


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    worker = Worker(key)
    worker.start()
    worker.join()
    log.warning("read")
    keys = [1, 2, 3]
    keys.sort(key=age_of)
    user = find(db, key)
    text = json.dumps([user], cls=Encoder)
    return [worker.found, Counting.seen, keys, text]
"""
    )
    prove(tmp_path, app, [("GET", "/shared/2"), ("GET", "/2"), ("GET", "/3")])


def test_argparse(tmp_path: Path) -> None:
    """Functions that a parser gives back, to be called by whoever reads the arguments."""
    script = """\
import argparse
import sys

from db import SessionLocal
from main import find
from models import User


def count(arguments):
    with SessionLocal() as db:
        print(db.query(User).count() * arguments.times)


def show(arguments):
    with SessionLocal() as db:
        print(find(db, 1).name)


def main(argv=None):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    counting = commands.add_parser("count")
    counting.add_argument("--times", type=int, default=1)
    counting.set_defaults(run=count)
    commands.add_parser("show").set_defaults(run=show)
    arguments = parser.parse_args(argv)
    arguments.run(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
"""
    files = {"script.py": script, "main.py": HEAD + SHARED}
    commands = [["script.py", "count", "--times", "2"], ["script.py", "show"]]
    prove(tmp_path, files, [("GET", "/shared/2")], commands)


def test_hooks_of_pytest() -> None:
    """pytest calls them by their names and ignores coroutines."""
    conftest = """\
from db import SessionLocal, engine
from models import Base, User


def pytest_sessionstart(session):
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(User(name="seed"))
        db.commit()
"""
    done = migrate({**BASE, "conftest.py": conftest, "main.py": HEAD + SHARED})
    assert done["conftest.py"] == conftest.replace("SessionLocal", "SyncSessionLocal").replace("engine", "sync_engine")
    assert not done.findings


def test_attribute_events(tmp_path: Path) -> None:
    """A listener asks the session of its object: whoever sets the attribute runs it in the greenlet."""
    models = (
        BASE["models.py"]
        .replace("import ForeignKey", "import ForeignKey, event")
        .replace("mapped_column, relationship", "mapped_column, object_session, relationship")
        + """

@event.listens_for(User.name, "set")
def renamed(target, value, old, initiator):
    session = object_session(target)
    if session is not None:
        target.age = session.query(User).filter(User.name != value).count()


def titled(target, post, initiator):
    session = object_session(target)
    post.title = f"{post.title} {session.query(Post).count()}"


event.listen(User.posts, "append", titled)
"""
    )
    app = (
        HEAD
        + """
from models import Post


@app.post("/users/{key}")
def rename(key: int, name: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.name = name
    first = user.age
    for field, value in {"name": name + "!", "age": 7}.items():
        setattr(user, field, value)
    user.posts.append(Post(title="new"))
    db.commit()
    return [user.name, first, user.age, [p.title for p in user.posts]]
"""
    )
    done = prove(tmp_path, {"models.py": models, "main.py": app}, [("POST", "/users/1?name=ann")])
    assert 'await greenlet_spawn(setattr, user, "name", name)' in done["main.py"]


def test_stacks_of_context_managers(tmp_path: Path) -> None:
    app = (
        HEAD
        + SHARED
        + """
from contextlib import ExitStack, contextmanager, nullcontext


@contextmanager
def scope():
    with SessionLocal() as db:
        yield db


@app.get("/block")
def block():
    with ExitStack() as stack:
        db = stack.enter_context(SessionLocal())
        text = stack.enter_context(nullcontext("x"))
        other = stack.enter_context(scope())
        return [find(db, 1).name, text, db is other]


@app.get("/by-hand")
def by_hand():
    seen = []
    stack = ExitStack()
    try:
        db = SessionLocal()
        stack.callback(db.close)
        other = stack.enter_context(SessionLocal())
        stack.callback(seen.append, "end")
        return [find(db, 2).name, find(other, 3).name]
    finally:
        stack.close()
"""
    )
    done = prove(tmp_path, app, [("GET", "/block"), ("GET", "/by-hand")])
    assert 'stack.enter_context(nullcontext("x"))' in done["main.py"]
    assert "stack.push_async_callback(db.close)" in done["main.py"]


SERVICE = """
from contextlib import contextmanager

from fastapi import FastAPI

from db import engine
from models import Base, User
from sqlalchemy.orm import Session


class Engines:
    def __init__(self):
        self.engine = engine


@contextmanager
def opened():
    session = Session(Engines().engine)
    try:
        yield session
    finally:
        session.close()


def create_app():
    app = FastAPI()
    Base.metadata.create_all(engine)
    with opened() as session:
        if not session.query(User).filter(User.name == "root").count():
            session.add(User(name="root"))
            session.commit()

    @app.get("/roots")
    def roots():
        with opened() as session:
            return session.query(User).filter(User.name == "root").count()

    return app
"""


@pytest.mark.parametrize(
    "named",
    [
        {"Dockerfile": 'FROM python:3.11\nCMD ["uvicorn", "--factory", "service:create_app", "--port", "80"]\n'},
        {"Procfile": "web: gunicorn -k uvicorn.workers.UvicornWorker 'service:create_app()'\n"},
        {"run.py": 'import uvicorn\n\nuvicorn.run("service:create_app", factory=True, workers=int("2"))\n'},
    ],
)
def test_makers_of_applications_that_a_server_calls(tmp_path: Path, named: dict[str, str]) -> None:
    """A server takes what they return for the application: a coroutine is none."""
    ask = "from fastapi.testclient import TestClient; import service; c = TestClient(service.create_app())"
    command = ["-c", f"{ask}; print(c.get('/roots').json(), c.get('/roots').json())"]
    files = {"service.py": SERVICE, "main.py": HEAD, **named}
    after = prove(tmp_path, files, [("GET", "/docs")], commands=[command])
    assert "@run_async\nasync def create_app():" in after["service.py"]
