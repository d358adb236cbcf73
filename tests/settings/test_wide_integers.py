"""Numbers beyond the range of a column: psycopg2 compares them, psycopg 3 must be brought to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

DB = """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
"""
MAIN = """\
from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()


@app.get("/items/{item}")
def read(item: Annotated[int, Path()]):
    return item
"""


def migrated(requirements: str, main: str = MAIN, db: str = DB, **more: str) -> dict[str, str]:
    files = {"db.py": db, "main.py": main, "requirements.txt": requirements, **more}
    after = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages()).after
    again = run_steps(after, stages()).after
    assert again.files == after.files
    return {p: d.decode() for p, d in after.files.items()}


@pytest.fixture
def widened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    text = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2-binary\n")["db.py"]
    heard: dict[str, Any] = {}
    monkeypatch.setattr(event, "listens_for", lambda target, name, **how: lambda f: heard.setdefault(name, f))
    start = text.index("@event")
    space: dict[str, Any] = {"event": event, "Engine": object}
    exec(text[start : text.index("engine = create_async_engine")], space)
    return lambda statement, parameters: heard["before_cursor_execute"](None, None, statement, parameters, None, False)


@pytest.mark.parametrize(
    ("value", "cast"),
    [(7, "INTEGER"), (-(2**31), "INTEGER"), (2**31, "BIGINT"), (15641875975986, "BIGINT"), (10**20, "NUMERIC")],
)
def test_only_what_does_not_fit_is_cast_otherwise(widened: Callable[..., Any], value: int, cast: str) -> None:
    statement = "SELECT 1 WHERE id = %(id_1)s::INTEGER AND n = %(n)s::INTEGER AND t = %(t)s::VARCHAR"
    given = {"id_1": value, "n": 1, "t": "x"}
    assert widened(statement, given) == (statement.replace("%(id_1)s::INTEGER", f"%(id_1)s::{cast}"), given)


def test_many_rows_stay_as_they_are(widened: Callable[..., Any]) -> None:
    rows = [{"id": 2**40}]
    assert widened("INSERT INTO t VALUES (%(id)s::INTEGER)", rows) == ("INSERT INTO t VALUES (%(id)s::INTEGER)", rows)


@pytest.mark.parametrize(
    ("requirements", "main", "db"),
    [
        ("fastapi\nsqlalchemy==2.0.30\npsycopg[binary]\n", MAIN, DB),
        ("fastapi\nsqlalchemy==1.4.50\npsycopg2\n", MAIN, DB),
        ("fastapi\nsqlalchemy==2.0.30\npsycopg2\nasyncpg\n", MAIN, DB),
        ("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", MAIN.replace("int", "str"), DB),
        ("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", MAIN, DB.replace('os.environ["DATABASE_URL"]', '"sqlite:///x.db"')),
    ],
)
def test_nothing_where_nothing_changes(requirements: str, main: str, db: str) -> None:
    assert "wide_integers" not in migrated(requirements, main, db)["db.py"]


def test_once_for_all_engines() -> None:
    files = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", **{"tests/conftest.py": DB, "more.py": DB})
    assert [path for path, text in files.items() if "wide_integers" in text] == ["db.py"]


TOKENS = """\
from datetime import date, datetime, timedelta
from typing import Optional

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Date, DateTime, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
app = FastAPI()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Event(Base):
    __tablename__ = "events"
    id = Column(Integer, primary_key=True)
    day = Column(Date)
    start = Column(DateTime)


class Token(BaseModel):
    id: Optional[str] = None
    number: int = 0
"""


@pytest.mark.parametrize(
    ("use", "needed"),
    [
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.id).first()\n", True),
        ("def find(db, payload):\n    return db.query(User).filter(User.id == payload.get('sub')).first()\n", True),
        ("def find(db, key: str):\n    return db.query(User).filter(key == User.id).first()\n", True),
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.number).first()\n", False),
        ("def find(db, key: int):\n    return db.query(User).filter(User.id == key).first()\n", False),
        ("def find(db, key):\n    return db.query(User).filter(User.id == int(key)).first()\n", False),
        ("def find(db, other: User):\n    return db.query(User).filter(User.id == other.id).first()\n", False),
        ("def find(db, name: str):\n    return db.query(User).filter(User.name == name).first()\n", False),
        ("def find(db, day: str):\n    return db.query(Event).filter(Event.day >= day).all()\n", True),
        ("def find(db, a: str, b: str):\n    return db.query(Event).filter(Event.day.between(a, b)).all()\n", True),
        ("def find(db, keys: list[str]):\n    return db.query(User).filter(User.id.in_(keys)).all()\n", True),
        ("def find(db, keys: list[int]):\n    return db.query(User).filter(User.id.in_(keys)).all()\n", False),
        ("def find(db, day: date):\n    return db.query(Event).filter(Event.day >= day).all()\n", False),
        (
            "def find(db):\n    since = datetime.utcnow() - timedelta(days=1)\n"
            "    return db.query(Event).filter(Event.start > since).all()\n",
            False,
        ),
    ],
)
def test_texts_that_are_compared_with_numbers(use: str, needed: bool) -> None:
    files = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", TOKENS + use)
    assert ("open_texts" in files["db.py"]) is needed


def test_a_url_of_parts_keeps_its_lines() -> None:
    db = (
        "from os import environ\n\nfrom sqlalchemy import create_engine\n\n\ndef make():\n    url = (\n"
        "        f\"postgresql+psycopg2://{environ['U']}:\"\n        f\"@{environ['H']}/shop\"\n    )\n"
        "    return create_engine(url)\n"
    )
    after = migrated("fastapi\nsqlalchemy==2.0.30\npsycopg2\n", db=db)["db.py"]
    url = db.split("make():\n")[1].split("    return")[0]
    assert url.replace("psycopg2", "psycopg") in after


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.id).first()\n", 1),
        ("def find(db, key: str):\n    return db.query(User).filter_by(id=key).first()\n", 1),
        ("def find(db, token: Token):\n    return db.query(User).filter(User.id == token.number).first()\n", 0),
        ("def find(db, payload):\n    return db.query(User).filter(User.id == payload.get('sub')).first()\n", 0),
    ],
)
def test_asyncpg_takes_no_text_for_a_number(use: str, told: int) -> None:
    use = use.replace("(db,", "(db: Session,")
    main = TOKENS.replace("import declarative_base", "import Session, declarative_base") + use
    files = {"db.py": DB, "main.py": main, "requirements.txt": "sqlalchemy\npsycopg2\nasyncpg\n"}
    run = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    assert [f.code for f in run.findings].count("driver-text") == told
