"""Ways to come by a session, as seen in real repositories."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

USERS = [("GET", "/users"), ("GET", "/users/1"), ("GET", "/users/9")]


def test_scope_of_a_request_in_a_middleware(tmp_path: Path) -> None:
    """A scoped session whose scope is an id in a context variable, set by a middleware, kept on the request."""
    db = """\
from contextvars import ContextVar

from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

request_id: ContextVar[str] = ContextVar("request_id", default="none")


def get_request_id():
    return request_id.get()


engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
Scoped = scoped_session(sessionmaker(bind=engine), scopefunc=get_request_id)
"""
    app = """\
from uuid import uuid4

from fastapi import Depends, FastAPI, Request
from sqlalchemy.orm import Session

from db import Scoped, request_id
from models import User

app = FastAPI()
closed = []


@app.middleware("http")
async def session_of_request(request: Request, call_next):
    token = request_id.set(str(uuid4()))
    try:
        session = Scoped()
        request.state.db = session
        response = await call_next(request)
    finally:
        Scoped.remove()
        closed.append(len(closed))
        request_id.reset(token)
    return response


def get_db(request: Request) -> Session:
    return request.state.db


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.query(User).order_by(User.id).all()] + [db is Scoped()]


@app.get("/users/{key}")
def user(key: int, request: Request):
    found = request.state.db.query(User).filter(User.id == key).one_or_none()
    return found.name if found else None


@app.get("/closed")
def closed_so_far():
    return closed
"""
    prove(tmp_path, {"db.py": db, "main.py": app}, [*USERS, ("GET", "/closed")])


def test_depends_object_shared_by_routes_and_commands(tmp_path: Path) -> None:
    """`Depends(...)` in a module variable; the same functions are called by commands."""
    crud = """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User


def names(db: Session) -> list[str]:
    return list(db.scalars(select(User.name).order_by(User.id)))


def rename(db: Session, key: int, name: str) -> bool:
    user = db.get(User, key)
    if user is None:
        return False
    user.name = name
    db.commit()
    return True
"""
    deps = """\
from fastapi import Depends

from db import get_db

DB = Depends(get_db)
"""
    app = """\
from fastapi import FastAPI

import crud
from deps import DB

app = FastAPI()


@app.get("/users")
def users(db=DB):
    return crud.names(db)


@app.put("/users/{key}")
def rename(key: int, name: str, db=DB):
    return crud.rename(db, key, name)
"""
    cli = """\
import typer

import crud
from db import SessionLocal

cli = typer.Typer()


@cli.command()
def show():
    with SessionLocal() as db:
        for name in crud.names(db):
            typer.echo(name)


@cli.command()
def rename(key: int, name: str):
    session = SessionLocal()
    try:
        if not crud.rename(session, key, name):
            raise typer.Exit(2)
        typer.echo("done")
    finally:
        session.close()


if __name__ == "__main__":
    cli()
"""
    prove(
        tmp_path,
        {"crud.py": crud, "deps.py": deps, "main.py": app, "cli.py": cli},
        [("GET", "/users"), ("PUT", "/users/1?name=zed"), ("PUT", "/users/9?name=no"), ("GET", "/users")],
        [["cli.py", "show"], ["cli.py", "rename", "2", "bee"], ["cli.py", "show"]],
    )


def test_callers_session_or_an_own_one(tmp_path: Path) -> None:
    """Three spellings of "use the session that is given, or open one"."""
    app = (
        HEAD
        + """
from contextlib import contextmanager, nullcontext
from typing import Optional

from db import SessionLocal


@contextmanager
def use(session: Optional[Session] = None):
    if session is not None:
        yield session
        return
    own = SessionLocal()
    try:
        yield own
        own.commit()
    except Exception:
        own.rollback()
        raise
    finally:
        own.close()


def by_scope(session=None):
    with use(session) as s:
        return s.query(User).count()


def by_condition(session: Session | None = None):
    close = session is None
    s = session if session is not None else SessionLocal()
    try:
        return s.scalar(select(User.name).where(User.id == 2))
    finally:
        if close:
            s.close()


def by_null_context(session: Session | None = None):
    with nullcontext(session) if session else SessionLocal() as s:
        return s.get(User, 3).name


def by_recursion(session=None):
    if session is None:
        with SessionLocal() as s:
            return by_recursion(s)
    return session.query(User).filter(User.age > 25).count()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [f(s) for f in (by_scope, by_recursion) for s in (db, None)]


@app.get("/users/{key}")
def user(key: int, db: Session = Depends(get_db)):
    return [by_condition(db), by_condition(), by_null_context(db), by_null_context(), by_scope(), by_scope(db)]
"""
    )
    prove(tmp_path, app, USERS[:2])


def test_module_level_session_with_helpers(tmp_path: Path) -> None:
    """One session made at import, imported by name and through the module."""
    store = """\
from db import SessionLocal
from models import User

session = SessionLocal()


def names():
    return [u.name for u in session.query(User).order_by(User.id)]
"""
    app = """\
from fastapi import FastAPI

import store
from models import User
from store import names, session

app = FastAPI()


@app.get("/users")
def users():
    return names()


@app.post("/users")
def add(name: str):
    session.add(User(name=name))
    session.commit()
    return store.session.query(User).count()
"""
    requests = [USERS[0], ("POST", "/users?name=x"), USERS[0]]
    prove(tmp_path, {"store.py": store, "main.py": app}, requests, codes=["shared-session"])


def test_middleware_classes(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from fastapi import Request
from starlette.middleware.base import BaseHTTPMiddleware

from db import SessionLocal


class Counting(BaseHTTPMiddleware):
    def __init__(self, app, header="x-users"):
        super().__init__(app)
        self.header = header

    async def dispatch(self, request, call_next):
        with SessionLocal() as db:
            request.state.db = db
            request.state.total = db.query(User).count()
            response = await call_next(request)
        response.headers[self.header] = str(request.state.total)
        return response


class Plain:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            session = SessionLocal()
            try:
                scope.setdefault("state", {})["names"] = [u.name for u in session.query(User).order_by(User.id)]
            finally:
                session.close()
        await self.app(scope, receive, send)


app.add_middleware(Counting, header="x-n")
app.add_middleware(Plain)


def current(request: Request):
    db: Session = request.state.db
    return db.get(User, 1)


@app.get("/users")
def users(request: Request, user: User = Depends(current)):
    return [request.state.names, request.state.total, user.name]
"""
    )
    prove(tmp_path, app, [("GET", "/users")])


def test_a_factory_that_has_the_name_of_the_class_that_its_file_imports(tmp_path: Path) -> None:
    """Functions only see the factory: whatever takes its sessions has no session of the imported class."""
    db = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///./app.db", connect_args={"check_same_thread": False})
Session = sessionmaker(bind=engine)


def get_db():
    with Session() as db:
        yield db
"""
    app = (
        HEAD
        + """

def one(db):
    return db.scalars(select(User).where(User.id == 1)).one()


def titles(db, user):
    return [post.title for post in user.posts]


@app.get("/name")
def name(db=Depends(get_db)):
    return one(db).name


@app.get("/titles")
def all_titles(db=Depends(get_db)):
    return titles(db, one(db))
"""
    )
    test = """\
from unittest.mock import MagicMock

from main import titles


def test_titles():
    assert titles(MagicMock(), MagicMock(posts=[MagicMock(title="a")])) == ["a"]
"""
    packages = "fastapi\nsqlalchemy\nhttpx\npytest\n"
    files = {"db.py": db, "main.py": app, "test_main.py": test, "requirements.txt": packages}
    done = prove(tmp_path, files, [("GET", "/name"), ("GET", "/titles")])
    assert "select(User).options(joinedload(User.posts)).where(User.id == user.id)" in done["main.py"]


def test_a_name_that_a_file_imports_twice(tmp_path: Path) -> None:
    """The later import counts: a parameter that says `Query` is given queries only."""
    app = (
        HEAD
        + """
from fastapi import Query
from sqlalchemy.orm import Query


def of_age(query: Query, age: int | None) -> Query:
    if age is not None:
        query = query.filter(User.age == age)
    return query


@app.get("/names")
def names(age: int | None = None, db: Session = Depends(get_db)):
    return [name for name, in of_age(db.query(User.name), age).order_by(User.id).all()]
"""
    )
    done = prove(tmp_path, app, [("GET", "/names"), ("GET", "/names?age=36")])
    assert ".query(" not in done["main.py"]
