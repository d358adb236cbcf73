"""Functions that are handed to libraries: nothing is handed over silently."""

from __future__ import annotations

from .harness import BASE, migrate
from .test_lookalikes import HEAD


def test_a_library_that_is_not_known_to_await() -> None:
    app = (
        HEAD
        + """
import plugins
from functools import partial

from db import SessionLocal


def count():
    with SessionLocal() as db:
        return db.query(User).count()


def count_in(db: Session):
    return db.query(User).count()


def start():
    plugins.on_start(count_in)


known = [count]
known.append(count)
bound = partial(count)
"""
    )
    migrated = migrate({**BASE, "main.py": app})
    assert [f.code for f in migrated.findings] == ["handed-to-unknown"]
