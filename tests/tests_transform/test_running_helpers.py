"""Helpers of tests that run coroutines: `def run(coro): return asyncio.run(coro)`, in tests that become async."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

BODIES = {
    "run": "    return asyncio.run(coro)\n",
    "loop": "    loop = asyncio.new_event_loop()\n    try:\n        return loop.run_until_complete(coro)\n"
    "    finally:\n        loop.close()\n",
}
NOTES = """\
from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Note


async def texts(db: Session = Depends(get_db)):
    return [note.text for note in db.scalars(select(Note).order_by(Note.id))]


async def shout(text):
    return text.upper()
"""
TESTS = """\
import asyncio

import pytest

from app.db import Base, SessionLocal, engine
from app.models import Note
from app.reading import shout, texts


def run_it(coro):
{body}

@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    db = SessionLocal()
    yield db
    db.close()
    Base.metadata.drop_all(engine)


def test_texts(session):
    session.add(Note(text="a"))
    session.commit()
    found = run_it(texts(db=session))
    assert found == ["a"]


def test_plain():
    assert run_it(shout("a")) == "A"
"""


@pytest.mark.parametrize("body", BODIES)
def test_they_await_what_they_are_given(tmp_path: Path, body: str) -> None:
    suite = {
        **APP,
        "app/reading.py": NOTES,
        "tests/test_reading.py": TESTS.format(body=BODIES[body]),
        "pytest.ini": "[pytest]\npythonpath = .\n",
    }
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    files, _ = flip(suite)
    assert "async def run_it(coro):" in files["tests/test_reading.py"]
    assert "found = await run_it(texts(db=session))" in files["tests/test_reading.py"]
    code, printed = pytest_run(tmp_path / "after", files)
    assert code == 0, printed
    assert flip(files, {})[0] == files
