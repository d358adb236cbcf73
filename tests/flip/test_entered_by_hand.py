"""Context managers that are entered by hand, and left by a method of their class, a stack or a test framework."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, migrate, prove
from .test_lookalikes import HEAD


def test_blocks_that_a_class_keeps(tmp_path: Path) -> None:
    """`self.block = engine.begin()`, entered in the same method or in another one."""
    app = (
        HEAD
        + """
from db import SessionLocal, engine


class Unit:
    def __enter__(self):
        self.session = SessionLocal()
        self.block = self.session.begin()
        self.block.__enter__()
        return self

    def __exit__(self, *error):
        self.block.__exit__(*error)
        self.session.close()


class Connected:
    def open(self):
        self.block = engine.begin()
        return self

    def __enter__(self):
        self.connection = self.block.__enter__()
        return self

    def __exit__(self, kind, error, trace):
        return self.block.__exit__(kind, error, trace)


@app.put("/units/{key}")
def unit(key: int):
    with Unit() as found:
        user = found.session.get(User, key)
        user.age += 1
        return user.age


@app.get("/connections/{key}")
def connection(key: int):
    with Connected().open() as found:
        return found.connection.execute(select(User.age).where(User.id == key)).scalar()
"""
    )
    prove(tmp_path, app, [("PUT", "/units/1"), ("GET", "/connections/1")])


def test_what_a_stack_is_told_to_leave(tmp_path: Path) -> None:
    """`push(manager)`, `push(manager.__exit__)`, `callback(session.close)`, and a stack that is left by hand."""
    app = (
        HEAD
        + """
from contextlib import ExitStack, contextmanager

from db import SessionLocal

left = []


@contextmanager
def scope():
    db = SessionLocal()
    try:
        yield db
    finally:
        left.append(1)
        db.close()


@app.get("/method")
def method():
    with ExitStack() as stack:
        manager = scope()
        db = manager.__enter__()
        stack.push(manager.__exit__)
        return db.query(User).count()


@app.get("/manager")
def manager():
    with ExitStack() as stack:
        manager = scope()
        db = manager.__enter__()
        stack.push(manager)
        return db.query(User).count()


@app.get("/arguments")
def arguments():
    with ExitStack() as stack:
        manager = scope()
        db = manager.__enter__()
        stack.callback(manager.__exit__, None, None, None)
        return db.query(User).count()


@app.get("/session")
def session():
    with ExitStack() as stack:
        db = SessionLocal()
        stack.callback(db.close)
        return db.query(User).count()


@app.get("/by-hand")
def by_hand():
    stack = ExitStack()
    db = stack.enter_context(scope())
    try:
        return db.query(User).count()
    finally:
        stack.__exit__(None, None, None)


@app.get("/left")
def all_left():
    return len(left)
"""
    )
    urls = ("/method", "/manager", "/arguments", "/session", "/by-hand", "/left")
    prove(tmp_path, app, [("GET", url) for url in urls])


def test_what_unittest_is_told_to_leave() -> None:
    """`addCleanup(manager.__exit__, ...)`; one of a manager that stays as it is stays too."""
    case = """\
import unittest
from contextlib import contextmanager

from db import SessionLocal
from models import User


@contextmanager
def scope():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


@contextmanager
def seven():
    yield 7


class Case(unittest.TestCase):
    def setUp(self):
        self.manager, self.other = scope(), seven()
        self.db, self.number = self.manager.__enter__(), self.other.__enter__()
        self.addCleanup(self.manager.__exit__, None, None, None)
        self.addCleanup(self.other.__exit__, None, None, None)

    def test_count(self):
        self.assertEqual(self.db.query(User).count(), 0)
"""
    done = migrate({**BASE, "main.py": HEAD, "tests/test_users.py": case})["tests/test_users.py"]
    assert "self.addAsyncCleanup(self.manager.__aexit__, None, None, None)" in done
    assert "self.addCleanup(self.other.__exit__, None, None, None)" in done
