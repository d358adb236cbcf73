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
