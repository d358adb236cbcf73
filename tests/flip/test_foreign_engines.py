"""Engines on databases that have no async driver."""

from __future__ import annotations

import pytest

from .harness import BASE, DB, migrate

APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import engine, get_db
from models import User

app = FastAPI()


@app.get("/users")
def users(db: Session = Depends(get_db)):
    return [user.name for user in db.query(User).all()]


@app.get("/first")
def first():
    with Session(engine) as db:
        return db.get(User, 1).name
"""
SQLITE = '"sqlite:///./app.db", connect_args={"check_same_thread": False}'


@pytest.mark.parametrize("url", ['"duckdb:///./app.db"', 'f"snowflake://{__name__}@account/app"'])
def test_an_app_on_a_database_without_async_driver_stays_synchronous(url: str) -> None:
    """An `AsyncSession` refuses the engine, so no route could answer."""
    done = migrate({**BASE, "db.py": DB.replace(SQLITE, url), "main.py": APP})
    for path in ("db.py", "main.py"):
        assert "async" not in done[path].lower()
    assert [f.path for f in done.findings if f.code == "engine-url"] == ["db.py"]


def test_engines_of_tests_do_not_decide() -> None:
    """The app has another one; what only tests use is no reason to leave it."""
    test = "from sqlalchemy import create_engine\n\nengine = create_engine('duckdb:///:memory:')\n"
    done = migrate({**BASE, "main.py": APP, "test_main.py": test})
    assert "AsyncSession" in done["main.py"]


def test_a_url_of_several_decides_nothing() -> None:
    """What the branch that comes last says is not what the app runs with."""
    urls = (
        "import os\n\nURL = 'sqlite:///./app.db'\nif os.getenv('WAREHOUSE'):\n    URL = 'duckdb:///./app.db'\n"
        + DB.replace(SQLITE, "URL")
    )
    done = migrate({**BASE, "db.py": urls, "main.py": APP})
    assert "AsyncSession" in done["main.py"]
