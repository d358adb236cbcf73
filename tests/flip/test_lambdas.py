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
