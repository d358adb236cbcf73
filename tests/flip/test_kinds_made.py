"""What makes sessions and who uses them meet far apart: registries, partial makers, stand-ins that are entered."""

from __future__ import annotations

from pathlib import Path

from .harness import migrate, prove
from .test_lookalikes import HEAD

READ = [("GET", "/1"), ("GET", "/9")]


def test_handlers_in_a_registry(tmp_path: Path) -> None:
    """Kept in lists in a dict, by a decorator, and called with a session elsewhere."""
    app = f"""\
{HEAD}
from collections import defaultdict


class Bus:
    def __init__(self):
        self.handlers = {{}}
        self.more = defaultdict(list)

    def on(self, name):
        def register(function):
            self.handlers.setdefault(name, []).append(function)
            self.more[name].append(function)
            return function

        return register

    def emit(self, name, *args):
        first = [handler(*args) for handler in self.handlers.get(name, [])]
        return first + [handler(*args) for handler in self.more[name]]


bus = Bus()


@bus.on("read")
def first_name(db):
    return db.scalar(select(User.name))


@bus.on("read")
def size(db):
    return len(db.scalars(select(User)).all())


@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    return [bus.emit("read", db), bus.emit("nothing", db)]
"""
    prove(tmp_path, app, READ)


def test_a_stand_in_is_entered(tmp_path: Path) -> None:
    """`with` over a session or over an own object without a database."""
    app = f"""\
{HEAD}
from db import SessionLocal


class Memory:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def scalar(self, statement):  # kept
        return "memory"  # kept


def opened(real):
    return SessionLocal() if real else Memory()


@app.get("/{{key}}")
def read(key: int):
    with opened(key > 1) as session:
        return session.scalar(select(User.name))
"""
    prove(tmp_path, app, READ)


def test_makers_that_are_called_later(tmp_path: Path) -> None:
    db = """\
from functools import partial

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

make_engine = partial(create_engine, "sqlite:///./app.db", future=True)
engine = make_engine(echo=False)
make_factory = partial(sessionmaker, autoflush=False)
SessionLocal = make_factory(bind=engine)


def get_db():
    with SessionLocal() as db:
        yield db
"""
    app = f"""\
{HEAD}
from sqlalchemy import text

from db import engine


@app.get("/{{key}}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    db.commit()
    with engine.connect() as connection:
        return [user.name if user else None, connection.execute(text("select 1")).scalar()]
"""
    prove(tmp_path, {"db.py": db, "main.py": app}, READ)


def test_makers_in_a_container() -> None:
    """dependency-injector calls them, with a URL that it knows only then."""
    containers = """\
from dependency_injector import containers, providers
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker


class Container(containers.DeclarativeContainer):
    config = providers.Configuration()
    engine = providers.Singleton(create_engine, config.database.url, pool_pre_ping=True)
    factory = providers.Singleton(sessionmaker, bind=engine)
"""
    done = migrate({"containers.py": containers, "requirements.txt": "sqlalchemy\nfastapi\n"})["containers.py"]
    flat = "".join(done.split())
    assert "providers.Singleton(create_async_engine,Callable(async_database_url,config.database.url" in flat
    assert "providers.Singleton(async_sessionmaker,bind=engine,expire_on_commit=False)" in flat
    assert "from dependency_injector.providers import Callable" in done
