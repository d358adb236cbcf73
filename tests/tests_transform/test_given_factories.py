"""Patched factories of sessions that give what a function, a list or a fixture has: nothing of it is a mock."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

JOBS = """\
from app import crud
from app.db import SessionLocal


def count() -> int:
    db = SessionLocal()
    try:
        return len(crud.texts(db))
    finally:
        db.close()
"""
TESTS = """\
from functools import partial
from unittest.mock import patch

import pytest
from sqlalchemy.orm import sessionmaker

from app import crud, jobs
from app.db import Base, engine

Testing = sessionmaker(bind=engine)


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with Testing() as session:
        crud.add(session, "a")
        yield session
    Base.metadata.drop_all(engine)


def make():
    return Testing()


@pytest.fixture
def patched(db):
    several = [Testing(), Testing()]
    bound = partial(make)

    def inner():
        return Testing()

    with patch("app.jobs.SessionLocal", GIVEN):
        yield


def test_count(patched):
    assert jobs.count() == 1
"""


@pytest.mark.parametrize(
    "given",
    [
        "side_effect=inner",
        "side_effect=make",
        "side_effect=Testing",
        "side_effect=several",
        "side_effect=bound",
        "side_effect=lambda: Testing()",
        "return_value=db",
    ],
)
def test_what_gives_sessions(given: str, tmp_path: Path) -> None:
    before = {**APP, "app/jobs.py": JOBS, "tests/test_jobs.py": TESTS.replace("GIVEN", given)}
    migrated, _ = flip(before)
    assert "__aenter__" not in migrated["tests/test_jobs.py"]
    for name, files in (("before", before), ("after", migrated)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, output
