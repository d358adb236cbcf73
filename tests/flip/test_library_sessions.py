"""Sessions that a function promises and a library makes: reported, as nobody here can make them async."""

from __future__ import annotations

import pytest

from .harness import BASE, migrate

APP = """\
from contextlib import closing
from typing import Generator, Iterator

import company_db
from company_db import Maker, session_scope
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal
from models import User

app = FastAPI()
maker = Maker("sqlite://")


@app.get("/users")
def users(db: Session = Depends(lambda: None)):
    return db.query(User).count()


def get_session() -> GIVEN
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Iterator[Session]:\n    yield from maker.get_db()", "company_db.Maker.get_db"),
        ("Iterator[Session]:\n    with session_scope() as db:\n        yield db", "company_db.session_scope"),
        ("Session:\n    db = company_db.open_session()\n    return db", "company_db.open_session"),
        ("Session:\n    return next(maker.get_db())", "company_db.Maker.get_db"),
        ("Session:\n    return company_db.container.resolve(Session)", ""),
        ("Session:\n    return SessionLocal()", ""),
        ("Iterator[Session]:\n    with closing(SessionLocal()) as db:\n        yield db", ""),
        ("int:\n    return company_db.count()", ""),
    ],
)
def test_what_a_library_makes_is_reported(body: str, expected: str) -> None:
    files = {**BASE, "main.py": APP.replace("GIVEN\n", f"{body}\n")}
    found = [f.message for f in migrate(files).findings if f.code == "library-session"]
    wanted = f"what {expected} gives is awaited now, and it is not in this repository"
    assert found == ([wanted] if expected else [])


def test_names_that_are_bound_by_themselves_have_an_end() -> None:
    app = """\
import contextlib
from typing import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def scoped(db) -> Iterator[Session]:
    with contextlib.closing(db) as db:
        yield db


def taken(db) -> Session:
    db = next(db)
    return db


@app.get("/x")
def x(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
    assert not migrate({**BASE, "main.py": app}).findings
