"""Methods that a loop takes by names which the program has written down: `getattr(Reports, name)(db)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import BASE, migrate, prove

APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, User

app = FastAPI()
Base.metadata.create_all(engine)

TITLES = {"young": "Young", "old": "Old"}
ROWS = [("young", "Young"), ("old", "Old")]


class Reports:
    @classmethod
    def young(cls, db: Session):
        return db.query(User).filter(User.age < 20)

    @classmethod
    def old(cls, db: Session):
        return db.query(User).filter(User.age >= 20)


class Counts:
    def young(self, db: Session):
        return db.query(User).filter(User.age < 20).count()

    def old(self, db: Session):
        return db.query(User).filter(User.age >= 20).count()


@app.post("/users")
def add(name: str, age: int, db: Session = Depends(get_db)):
    db.add(User(name=name, age=age))
    db.commit()


@app.get("/reports")
def reports(db: Session = Depends(get_db)):
    found = []
    for method, title in LOOP:
        users = getattr(Reports, method)(db).order_by(User.id).all()
        found.append([title, [u.name for u in users], getattr(Counts(), method)(db)])
    return found


@app.get("/counts")
def counts(db: Session = Depends(get_db)):
    return {title: getattr(Counts(), method)(db) for method, title in LOOP}
"""
REQUESTS = [
    ("POST", "/users?name=ann&age=12"),
    ("POST", "/users?name=bob&age=40"),
    ("GET", "/reports"),
    ("GET", "/counts"),
]


@pytest.mark.parametrize(
    "loop",
    ['(("young", "Young"), ("old", "Old"))', "ROWS", "TITLES.items()", '{"young": "Young", "old": "Old"}.items()'],
)
def test_rows_of_names(tmp_path: Path, loop: str) -> None:
    prove(tmp_path, APP.replace("LOOP", loop), REQUESTS)


@pytest.mark.parametrize("loop", ['("young", "old")', "TITLES"])
def test_names_alone(tmp_path: Path, loop: str) -> None:
    app = APP.replace("for method, title in", "for method in").replace("[title, ", "[method, ")
    prove(tmp_path, app.replace("{title: ", "{method: ").replace("LOOP", loop), REQUESTS)


LATE = APP.replace("for method, title in LOOP:\n", "for method in [name]:\n").replace("[title, ", "[method, ")
LATE = LATE.partition('@app.get("/counts")')[0].replace("def reports(", "def reports(name: str, ")


def test_names_that_come_later_are_told() -> None:
    after = migrate({**BASE, "main.py": LATE})
    places = [(f.code, f.span.line) for f in after.findings if f.span is not None]
    lines = LATE.splitlines()
    told = {(code, lines[line - 1].strip()) for code, line in places if code == "query-escapes"}
    assert told == {
        ("query-escapes", "return db.query(User).filter(User.age < 20)"),
        ("query-escapes", "return db.query(User).filter(User.age >= 20)"),
    }
    assert [code for code, _ in places].count("unresolved-call") == 1


def test_a_name_that_is_kept_in_a_variable_is_told() -> None:
    app = LATE.replace("getattr(Counts(), method)(db)", "count(db)")
    app = app.replace("for method in [name]:", "count = getattr(Counts(), name)\n    for method in [name]:")
    assert "unresolved-call" in migrate({**BASE, "main.py": app}).codes
