"""Context managers that are kept, and entered and left by hand in a method of their class."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
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
