"""Objects that a test expires are loaded before it reads them."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

CONFTEST = """\
import pytest

from app import crud, models
from app.db import Base, SessionLocal, engine


@pytest.fixture(scope="module")
def shared():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session


@pytest.fixture(scope="module")
def note(shared):
    return crud.add(shared, "kept")


@pytest.fixture
def db(shared):
    with SessionLocal() as session:
        yield session
"""
TESTS = """\
from app import crud


def test_own_session(db):
    note = crud.add(db, "a")
    other = crud.add(db, "b")
    db.expire_all()
    if note.text:
        assert other.text == "b"
    assert note.text == "a"
    db.expire(other)
    assert other.text == "b"


def test_made_later(db):
    later = None
    first = crud.add(db, "first")
    db.expire_all()
    try:
        later = crud.add(db, "c")
        made = crud.add(db, "d")
        assert (made.text, first.text) == ("d", "first")
    finally:
        if later is not None:
            assert later.text == "c"


def test_shared_session(shared, note):
    assert "kept" in crud.texts(shared)
    shared.expire_all()


def test_after_it(note):
    assert note.text == "kept"
"""


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    files = {"tests/conftest.py": CONFTEST, "tests/test_notes.py": TESTS}
    code, output = pytest_run(tmp_path / "before", {**APP, **files})
    assert code == 0, output
    migrated, _ = flip(files)
    text = migrated["tests/test_notes.py"]
    assert text.count("await db.refresh(note)") == 1
    assert text.count("await db.refresh(other)") == 2
    assert "for loaded in [*shared]:" in text
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
