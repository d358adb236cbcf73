"""What looks like a session and is none stays; a program without a database is not touched."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()
"""


def test_lookalikes_beside_a_session(tmp_path: Path) -> None:
    """A dict, a client with `query`, a pipeline with `execute`, a repository with `commit`, a class named Session."""
    shop = """\
class Session:
    def __init__(self):
        self.log = []

    def query(self, what):
        self.log.append(what)
        return self

    def all(self):
        return list(self.log)

    def commit(self):
        return len(self.log)

    def get(self, key, default=None):
        return default


class Pipeline:
    def execute(self):
        return ["done"]

    def close(self):
        return None


def get_shop():
    return Session()
"""
    app = f"""\
{HEAD}
import shop as shops
from shop import Pipeline, get_shop

settings = {{"first": 1}}


@app.get("/plain")
def plain(session=Depends(get_shop)):
    db = {{"a": 1}}
    pipeline = Pipeline()
    session.query("x")
    size = session.commit()
    try:
        return [session.all(), size, db.get("a"), db.get("b"), pipeline.execute(), settings.get("first")]
    finally:
        pipeline.close()


@app.get("/both")
def both(db: Session = Depends(get_db), session: shops.Session = Depends(get_shop)):
    session.query("y")
    names = db.scalars(select(User.name).order_by(User.id)).all()
    cache = {{}}
    cache.setdefault("names", names)
    return {{"names": cache.get("names"), "log": session.all(), "size": session.commit()}}
"""
    done = prove(tmp_path, {"main.py": app, "shop.py": shop}, [("GET", "/plain"), ("GET", "/both")])
    assert done["shop.py"] == shop
    assert "def plain(session=Depends(get_shop)):" in done["main.py"]
    assert "async def plain" not in done["main.py"]


def test_two_classes_with_a_method_of_one_name(tmp_path: Path) -> None:
    """One `get` waits, the other `get` does not."""
    app = f"""\
{HEAD}

class Users:
    def __init__(self, db: Session):
        self.db = db

    def get(self, key):
        user = self.db.get(User, key)
        return user.name if user else None


class Memory:
    def __init__(self):
        self.data = {{1: "one"}}

    def get(self, key):
        return self.data.get(key)


@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    users, memory = Users(db), Memory()
    return [users.get(key), memory.get(key), [m.get(key) for m in (Memory(),)]]
"""
    done = prove(tmp_path, app, [("GET", "/1"), ("GET", "/9")])
    assert "await users.get(key), memory.get(key)" in done["main.py"]
    assert done["main.py"].count("async def get") == 1


def test_no_database_at_all() -> None:
    """Sessions of other libraries, and nothing of SQLAlchemy."""
    app = """\
import boto3
import requests
from git import Repo


def fetch(url):
    session = requests.Session()
    session.get(url)
    session.close()
    store = boto3.session.Session()
    store.client("s3")
    Repo(".").index.commit("x")
    with requests.Session() as s:
        return s.request("GET", url)


def rows(db):
    db.execute("select 1")
    db.commit()
    return db.query("x").all()
"""
    assert migrate({"main.py": app})["main.py"] == app


def test_own_session_class_is_kept_beside(tmp_path: Path) -> None:
    """A user class named Session with its own factory named SessionLocal, in a program that has a database."""
    memory = """\
class Session:
    def __init__(self):
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.closed = True

    def execute(self, text):
        return text.upper()

    def commit(self):
        return None


SessionLocal = Session
"""
    app = f"""\
{HEAD}
import memory


@app.get("/")
def read(db: Session = Depends(get_db)):
    with memory.SessionLocal() as other:
        text = other.execute("x")
        other.commit()
    with memory.Session() as third:
        third.commit()
    return [text, other.closed, third.closed, db.get(User, 1).name]
"""
    done = prove(tmp_path, {"main.py": app, "memory.py": memory}, [("GET", "/")])
    assert done["memory.py"] == memory
    assert "    with memory.SessionLocal() as other:" in done["main.py"]


def test_files_that_know_nothing_of_it_stay(tmp_path: Path) -> None:
    """Plain helpers called by routes that become async stay plain."""
    text = """\
def shout(text):
    return text.upper()


def each(items, do):
    return [do(i) for i in items]
"""
    app = f"""\
{HEAD}
from text import each, shout


@app.get("/")
def read(db: Session = Depends(get_db)):
    return each([u.name for u in db.scalars(select(User).order_by(User.id))], shout)


@app.get("/health")
def health():
    return shout("ok")
"""
    done = prove(tmp_path, {"main.py": app, "text.py": text}, [("GET", "/"), ("GET", "/health")])
    assert done["text.py"] == text
    assert "\ndef health():" in done["main.py"]
    assert set(BASE) <= set(done.files)
