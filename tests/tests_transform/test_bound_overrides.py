"""Overrides of dependencies that are partials of functions that become async, before and after the migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Note

app = FastAPI()


def current_note(db: Session = Depends(get_db)):
    return db.query(Note).first()


@app.get("/current")
def read_current(note: Note = Depends(current_note)):
    return note.text


class Notes:
    def __init__(self, db: Session):
        self.db = db

    def find(self, text: str):
        return self.db.query(Note).filter(Note.text == text).first()
"""
TESTS = """\
from functools import partial

import pytest
from fastapi import Depends, Header
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine
from app.main import Notes, app, current_note
from app.models import Note


@pytest.fixture
def notes():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add_all([Note(text="a"), Note(text="b")])
        session.commit()
        yield Notes(session)
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(notes):
    app.dependency_overrides[current_note] = BOUND
    yield TestClient(app)
    app.dependency_overrides.clear()


def fake_note(notes, text: str = Header("a")):
    found = notes.find(text)
    assert found is not None
    return found


def test_current(client):
    assert client.get("/current").json() == "a"
    assert client.get("/current", headers={"text": "b"}).json() == "b"
"""
OF_POSITION = "partial(fake_note, notes)"
OF_KEYWORD = "partial(fake_note, notes=notes)"
#: what a call makes is made once, and a function would make it for each request
MADE = "partial(fake_note, Notes(notes.db))"
REQUIREMENTS = "fastapi>=0.110\nsqlalchemy\n"


def repository(bound: str, requirements: str = REQUIREMENTS) -> dict[str, str]:
    tests = TESTS.replace("BOUND", bound)
    return {**APP, "app/main.py": MAIN, "tests/test_bound.py": tests, "requirements.txt": requirements}


@pytest.mark.parametrize("bound", [OF_POSITION, OF_KEYWORD])
def test_a_partial(bound: str, tmp_path: Path) -> None:
    before = repository(bound)
    migrated, _ = flip(before)
    text = migrated["tests/test_bound.py"]
    passed = bound.removeprefix("partial(fake_note, ").removesuffix(")")
    assert "async def override_current_note(text: str=Header('a')):" in text
    assert f"return await fake_note({passed}, text=text)" in text
    assert "partial" not in text
    # what is bound by keyword is a parameter still, with a default, which this version of FastAPI copies
    for name, files in (("before", before), ("after", migrated)) if bound == OF_POSITION else ():
        assert pytest_run(tmp_path / name, files)[0] == 0
    assert flip(migrated)[0] == migrated


def test_new_versions_await_it() -> None:
    before = repository(OF_KEYWORD, "fastapi>=0.123.5\nsqlalchemy\n")
    text = flip(before)[0]["tests/test_bound.py"]
    assert OF_KEYWORD in text
    assert "async def fake_note(" in text


def test_what_is_made_at_once_stays() -> None:
    migrated, findings = flip(repository(MADE))
    assert MADE in migrated["tests/test_bound.py"]
    assert "partial-override" in [f.code for f in findings]
