"""Sessions that a framework, a proxy or a pattern gives: found without an annotation."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove
from .test_lookalikes import HEAD

READ = [("GET", "/1"), ("GET", "/9")]

APPS = {
    "what a lifespan leaves for the requests": """\
from contextlib import asynccontextmanager

from fastapi import Request

from db import SessionLocal


@asynccontextmanager
async def lifespan(app):
    with SessionLocal() as db:
        first = db.scalar(select(User.name))
    yield {"factory": SessionLocal, "first": first}


app = FastAPI(lifespan=lifespan)


def get_session(request: Request):
    with request.state.factory() as db:
        yield db


@app.get("/{key}")
def read(request: Request, key: int, db=Depends(get_session)):
    user = db.get(User, key)
    return [user.name if user else None, request.state.first]
""",
    "the request of a middleware": """\
from fastapi import Request
from starlette.middleware.base import BaseHTTPMiddleware

from db import SessionLocal


class Sessions(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        request.state.db = SessionLocal()
        try:
            return await call_next(request)
        finally:
            request.state.db.close()


app.add_middleware(Sessions)


@app.middleware("http")
async def second(request, call_next):
    request.state.other = SessionLocal()
    try:
        return await call_next(request)
    finally:
        request.state.other.close()


@app.get("/{key}")
def read(request: Request, key: int):
    user = request.state.db.get(User, key)
    return [user.name if user else None, request.state.other.scalar(select(User.name))]
""",
    "dependencies and factories without a name": """\
from contextlib import contextmanager

from sqlalchemy.orm import sessionmaker

from db import SessionLocal, engine

opened = contextmanager(get_db)


@app.get("/{key}")
def read(key: int, db=Depends(lambda: SessionLocal())):
    try:
        user = db.get(User, key)
    finally:
        db.close()
    with opened() as first, contextmanager(get_db)() as second, sessionmaker(engine)() as third:
        names = [session.scalar(select(User.name)) for session in (first, second, third)]
    return [user.name if user else None, names]
""",
    "proxies and methods that are kept": """\
class Proxy:
    def __init__(self, session):
        self.session = session

    def __getattr__(self, name):  # kept
        return getattr(self.session, name)  # kept


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    proxy, find = Proxy(db), db.get
    methods = {"find": db.get, "first": lambda: db.scalar(select(User.name))}
    proxy.add(User(name="x"))  # kept
    proxy.flush()
    proxy.rollback()
    found = [proxy.get(User, key), find(User, key), methods["find"](User, key)]
    return [[user.name if user else None for user in found], methods["first"]()]
""",
    "patterns and sessions of objects": """\
from sqlalchemy.orm import object_session


def others(user):
    return object_session(user).scalars(select(User.name).where(User.id != user.id)).all()


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    match db:
        case dict() as items:
            size = len(items)  # kept
        case Session() as session:
            size = session.scalar(select(User.id).order_by(User.id.desc()))
    return [size, others(user) if user else None]
""",
    "a generator that is driven to its end": """\
def first_name():
    generator = get_db()
    db = generator.__next__()
    try:
        return db.scalar(select(User.name))
    finally:
        try:
            next(generator)
        except StopIteration:
            pass


def plain():
    numbers = iter([])
    try:
        return next(numbers)
    except StopIteration:  # kept
        return None


@app.get("/{key}")
def read(key: int):
    return [first_name(), plain()]
""",
}


@pytest.mark.parametrize("name", APPS)
def test_found(tmp_path: Path, name: str) -> None:
    done = prove(tmp_path, f"{HEAD}{APPS[name]}", READ)
    assert "await" in done["main.py"]


def test_a_model_with_a_query_method(tmp_path: Path) -> None:
    """It takes the session: no `query_property`, and nothing to report."""
    models = """\
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Records:
    @classmethod
    def by_id(cls, db, key):
        return db.get(cls, key)

    @classmethod
    def query(cls, db):
        return db.query(cls)

    def save(self, db):
        db.add(self)
        db.commit()
        db.refresh(self)
        return self


class Base(Records, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int] = mapped_column(default=0)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int]
"""
    app = f"""\
{HEAD}

@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    user = User.by_id(db, key)
    saved = User(name="new").save(db)
    return [user.name if user else None, saved.name, User.query(db).count()]
"""
    prove(tmp_path, {"models.py": models, "main.py": app}, READ)
