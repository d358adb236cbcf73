"""Scoped sessions that nobody removes: the end of a task closes its session."""

from __future__ import annotations

from pathlib import Path

from warm_interpreter import run_python

from .harness import BASE, mend, migrate, prove
from .test_lookalikes import HEAD

DB = (
    BASE["db.py"]
    .replace("import sessionmaker", "import scoped_session, sessionmaker")
    .replace("SessionLocal = sessionmaker(", "SessionLocal = scoped_session(sessionmaker(")
    .replace("bind=engine)", "bind=engine))")
    .replace('"check_same_thread": False}', '"check_same_thread": False}, pool_size=2, max_overflow=0, pool_timeout=2')
)
APP = (
    HEAD
    + """
from db import SessionLocal


@app.get("/count")
def count():
    return SessionLocal.query(User).count()
"""
)
#: each request in a task of its own, as a server does it
RUN = """
import asyncio
import httpx
from sqlalchemy import create_engine
import db, main, models

models.Base.metadata.create_all(create_engine("sqlite:///app.db"))


async def get(client):
    return (await client.get("/count")).json()


async def use():
    transport = httpx.ASGITransport(main.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for _ in range(6):
            print(await asyncio.create_task(get(client)))
    await asyncio.sleep(0.05)
    print(len(db.SessionLocal.registry.registry), db.engine.pool.checkedout())


asyncio.run(use())
"""


def test_the_end_of_a_task_closes_its_session(tmp_path: Path) -> None:
    done = migrate({**BASE, "db.py": DB, "main.py": APP})
    assert "scopefunc=session_scope" in done["db.py"]
    for path, text in {**done.files, "run.py": RUN}.items():
        (tmp_path / path).write_text(text)
    result = run_python(["run.py"], tmp_path)
    assert result.stdout == "0\n" * 6 + "0 0\n", result.stderr


def test_who_removes_it_keeps_doing_that() -> None:
    app = APP.replace("    return SessionLocal.query(User).count()", "    SessionLocal.remove()")
    for files in (
        {"main.py": app},
        {"main.py": APP, "test_main.py": "from db import SessionLocal\n\nSessionLocal()\n"},
    ):
        done = migrate({**BASE, "db.py": DB, **files})
        assert "scopefunc=asyncio.current_task" in done["db.py"]


def test_a_registry_that_only_tests_ask_is_one_for_their_thread() -> None:
    """A fixture and the test to which it hands its session are two tasks."""
    db = BASE["db.py"] + "\n\nfrom sqlalchemy.orm import scoped_session\n\nScoped = scoped_session(SessionLocal)\n"
    app = HEAD + "\n\ndef count(db):\n    return db.query(User).count()\n"
    test = "from db import Scoped\nfrom main import count\n\n\ndef test_it():\n    count(Scoped())\n"
    files = {**BASE, "db.py": db, "main.py": app, "test_main.py": test}
    assert "Scoped = async_scoped_session(SessionLocal, scopefunc=threading.get_ident)" in migrate(files)["db.py"]
    asked = migrate({**files, "main.py": HEAD + "\nfrom db import Scoped\n\nScoped()\n"})
    assert "scopefunc=asyncio.current_task" in asked["db.py"]


def test_a_session_that_an_async_registry_gives_is_known(tmp_path: Path) -> None:
    db = """\
from contextvars import ContextVar

from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///./app.db")
scope = ContextVar("scope", default=None)
Session = async_scoped_session(async_sessionmaker(engine), scopefunc=scope.get)
"""
    app = """\
from fastapi import FastAPI
from sqlalchemy import func, select

from db import Session
from models import User

app = FastAPI()


@app.get("/count")
async def count():
    session = Session()
    found = session.scalar(select(func.count(User.id)))
    await Session.remove()
    return found
"""
    mend(tmp_path, {"db.py": db, "main.py": app}, [("GET", "/count")], [3])


def test_queries_of_the_class_below_a_generated_base(tmp_path: Path) -> None:
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("sqlite:///./app.db")
Session = scoped_session(sessionmaker(bind=engine))
"""
    models = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import registry, relationship

from db import Session


class Record:
    query = Session.query_property()

    @classmethod
    def named(cls, name):
        return cls.query.filter_by(name=name).first()


Base = registry().generate_base(cls=Record)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)
    posts = relationship("Post", back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    author = relationship("User", back_populates="posts")
"""
    app = """\
from fastapi import FastAPI

from db import Session
from models import Post, User

app = FastAPI()


@app.get("/{name}")
def read(name: str):
    user = User.named(name)
    titles = user and [post.title for post in user.posts]
    authors = [post.author.name for post in Post.query.order_by(Post.id)]
    Session.remove()
    return [titles, authors]
"""
    done = prove(tmp_path, {"db.py": db, "models.py": models, "main.py": app}, [("GET", "/ann"), ("GET", "/nobody")])
    assert "query" not in done["models.py"] + done["main.py"]
