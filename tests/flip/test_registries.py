"""Functions that are found at run time: registries that fill themselves, names put together, partials of partials."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD


def test_lists_of_handlers(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
from collections import defaultdict


class Bus:
    def __init__(self):
        self.decorated = defaultdict(list)
        self.named = {}

    def on(self, name):
        def decorate(function):
            self.decorated[name].append(function)
            return function

        return decorate

    def add(self, name, function):
        self.named.setdefault(name, []).append(function)

    def emit(self, name, *args):
        handlers = self.decorated[name] + self.named.get(name, [])
        return [handler(*args) for handler in handlers]


bus = Bus()


@bus.on("user")
def name_of(db, key):
    return db.get(User, key).name


@bus.on("user")
def plain(db, key):
    return key


def count(db, key):
    return db.query(User).count()


bus.add("user", count)


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    return [bus.emit("user", db, key), bus.emit("none", db, key)]
"""
    )
    prove(tmp_path, app, [("GET", "/1")])


def test_names_put_together(tmp_path: Path) -> None:
    app = (
        HEAD
        + """
import functools


class Service:
    def __init__(self, db):
        self.db = db

    def show_names(self):
        return [user.name for user in self.db.query(User).order_by(User.id)]

    def show_count(self):
        return self.db.query(User).count()

    def dispatch(self, what):
        return getattr(self, f"show_{what}")()

    def run(self, method, *args):
        return getattr(self, method)(*args)

    def older(self, age, strict=False):
        return self.db.query(User).filter(User.age > age if strict else User.age >= age).count()

    strictly = functools.partialmethod(older, strict=True)


def total(db):
    return db.query(User).count()


class Settings:
    total = staticmethod(total)


@app.get("/{what}")
def read(what: str, db: Session = Depends(get_db)):
    service = Service(db)
    inner = functools.partial(service.older, 30)
    outer = functools.partial(inner, strict=True)
    found = [inner(), outer(), service.strictly(30), Settings.total(db), service.run("older", 20)]
    return [service.dispatch(what), found]
"""
    )
    prove(tmp_path, app, [("GET", "/names"), ("GET", "/count")])


KINDS = """\
from typing import Callable

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import SessionLocal
from models import User

app = FastAPI()
HANDLERS: dict[str, Callable[[Session, User], str]] = {}


def handles(kind: str):
    def register(function):
        HANDLERS[kind] = function
        return function

    return register


@handles("count")
def count(session: Session, user: User) -> str:
    return f"{session.scalar(select(func.count(User.id)))} users"


@handles("name")
def name(session: Session, user: User) -> str:
    return user.name


def work_once(kind):
    with SessionLocal() as session:
        user = session.get(User, 1)
        try:
            message, ok = HANDLERS[kind](session, user), True
        except Exception as error:
            message, ok = str(error), False
        return [message, ok]


@app.get("/work/{kind}")
def work(kind: str):
    return work_once(kind)


@app.get("/each")
def each():
    with SessionLocal() as session:
        user = session.get(User, 2)
        return [handler(session, user) for handler in HANDLERS.values()]


@app.get("/got/{kind}")
def got(kind: str):
    with SessionLocal() as session:
        return HANDLERS.get(kind, name)(session, session.get(User, 3))
"""


def test_a_decorator_that_is_told_the_key(tmp_path: Path) -> None:
    """Each key is known where the decorator is called, and none of them where a handler is looked up."""
    paths = ["/work/count", "/work/name", "/work/none", "/each", "/got/count", "/got/none"]
    prove(tmp_path, KINDS, [("GET", path) for path in paths])
