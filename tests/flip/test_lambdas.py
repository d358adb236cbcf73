"""Lambdas that wait, wherever they are kept and whoever calls them."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_lookalikes import HEAD

AGE = (
    HEAD
    + """

def age(db: Session, key: int):
    return db.get(User, key).age

"""
)


def test_part_of_the_body_waits(tmp_path: Path) -> None:
    """What such a lambda gives is no coroutine: its callers, the plain helpers too, run it in the greenlet."""
    app = (
        AGE
        + """
def matching(test, items):
    return [i for i in items if test(i)]


def first(test, items):
    return next((i for i in items if test(i)), None)


def default(function, other):
    try:
        return function()
    except AttributeError:
        return other


class Rule:
    def __init__(self, test):
        self.test = test

    def holds(self, key):
        return self.test(key)


def adder(db: Session):
    return lambda number: number + age(db, 1)


@app.get("/{key}")
def read(key: int, db: Session = Depends(get_db)):
    keys = [1, 2, 3]
    either = lambda k: age(db, k) + age(db, 1) if k else 0
    rules = [Rule(lambda k: age(db, k) > 25), Rule(lambda k: k == 1)]
    table = {"a": lambda: age(db, 2) * 2, "b": lambda: 5, "c": lambda: age(db, 3)}
    return [
        [either(1), either(0), adder(db)(1)],
        [matching(lambda k: age(db, k) > 25, keys), matching(lambda k: k > 1, keys)],
        [first(lambda k: not age(db, k) > 25, keys), default(lambda: age(db, key) + 1, "nobody")],
        [rule.holds(1) for rule in rules],
        all(rule.holds(2) for rule in rules),
        [call() for call in table.values()],
    ]
"""
    )
    prove(tmp_path, app, [("GET", "/1"), ("GET", "/9")])


def test_kept_in_a_name_and_called_by_a_builtin(tmp_path: Path) -> None:
    app = (
        AGE
        + """
def ranked(db: Session, keys):
    oldest = lambda k: -age(db, k)
    return sorted(keys, key=oldest)


@app.get("/")
def read(db: Session = Depends(get_db)):
    by_age = lambda k: age(db, k)
    return [ranked(db, [1, 2, 3]), max([1, 2], key=by_age)]
"""
    )
    prove(tmp_path, app, [("GET", "/")])


def test_run_by_a_thread(tmp_path: Path) -> None:
    """What a lambda calls in a thread opens its own session there, as a function that is given itself."""
    app = """\
import threading
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from sqlalchemy import func, select

from db import SessionLocal
from models import User

app = FastAPI()
pool = ThreadPoolExecutor(2)


def names():
    with SessionLocal() as db:
        return db.scalars(select(User.name).order_by(User.id)).all()


def size():
    with SessionLocal() as db:
        return db.scalar(select(func.count(User.id)))


@app.get("/thread")
def thread():
    found = []
    other = threading.Thread(target=lambda: found.extend(names()))
    other.start()
    other.join()
    return found


@app.get("/pool")
def pooled():
    return [pool.submit(lambda: size() + 1).result(), *pool.map(lambda n: n + size(), [1, 2])]


@app.get("/here")
def here():
    return [*names(), size()]
"""
    prove(tmp_path, app, [("GET", "/thread"), ("GET", "/pool"), ("GET", "/here")])
