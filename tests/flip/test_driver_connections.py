"""Listeners that ask which driver they are called for do their work for an async engine too."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import DB, prove

LISTENER = """\


@event.listens_for(Engine, "connect")
def enforce(dbapi_connection, record):
    if isinstance(dbapi_connection, sqlite3.Connection):
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
"""
APP = """\
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Post

app = FastAPI()
Base.metadata.create_all(engine)


@app.post("/posts")
def write(author: int, db: Session = Depends(get_db)):
    db.add(Post(title="t", user_id=author))
    try:
        db.commit()
    except IntegrityError:
        raise HTTPException(409)
"""


@pytest.mark.parametrize("asked", ["sqlite3.Connection", "(sqlite3.Connection, int)", "Connection"])
def test_a_listener_on_all_engines_knows_the_connections_of_the_async_driver(tmp_path: Path, asked: str) -> None:
    head = "import sqlite3\nfrom sqlite3 import Connection\n\nfrom sqlalchemy import event\n" + DB.replace(
        "from sqlalchemy.orm", "from sqlalchemy.engine import Engine\nfrom sqlalchemy.orm"
    )
    db = head.replace("import sqlite3\n", "" if asked == "Connection" else "import sqlite3\n", 1)
    db = db.replace("from sqlite3 import Connection\n", "from sqlite3 import Connection\n" * (asked == "Connection"))
    db += LISTENER.replace("sqlite3.Connection", asked)
    after = prove(tmp_path, {"main.py": APP, "db.py": db}, [("POST", "/posts?author=7")])
    assert after["db.py"].count("AsyncAdapt_aiosqlite_connection") == 2


def test_code_that_listens_to_no_events_keeps_its_classes(tmp_path: Path) -> None:
    other = """\
import sqlite3


def is_plain(connection):
    return isinstance(connection, sqlite3.Connection)  # kept
"""
    prove(tmp_path, {"main.py": APP, "other.py": other}, [("POST", "/posts?author=7")])
