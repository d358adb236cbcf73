"""Classes of tests that stand for a session in the place of a factory: they are entered and wait as it does."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": APP["app/models.py"],
    "app/tasks.py": """\
from typing import Callable

from sqlalchemy.orm import Session

from app.db import SessionLocal
from app.models import Note


def record(text: str):
    db = SessionLocal()
    try:
        db.add(Note(text=text))
        db.commit()
    except ValueError:
        db.rollback()
    finally:
        db.close()


def texts(db: Session, word: str):
    return [note.text for note in db.query(Note).filter(Note.text.contains(word)).all()]


class Finder:
    def __init__(self, find, open_session: Callable[[], Session]):
        self.find = find
        self.open_session = open_session

    def search(self, word: str):
        db = self.open_session()
        try:
            return self.find(db, word)
        finally:
            db.close()


finder = Finder(texts, SessionLocal)
""",
    "tests/__init__.py": "",
    "tests/test_tasks.py": """\
from unittest.mock import patch

import pytest

from app import tasks
from app.tasks import Finder, record


class FakeSession:
    def __init__(self):
        self.done = []

    def add(self, row):
        self.done.append(row.text)

    def commit(self):
        self.done.append("commit")

    def rollback(self):
        self.done.append("rollback")

    def close(self):
        self.done.append("close")


class Failing(FakeSession):
    def commit(self):
        raise ValueError


class Closed:
    closed = False

    def close(self):
        self.closed = True


@pytest.mark.parametrize("way", ["object", "text", "function", "class"])
def test_monkeypatch(monkeypatch, way):
    made = []

    def make():
        made.append(FakeSession())
        return made[0]

    class Noted(FakeSession):
        def __init__(self):
            super().__init__()
            made.append(self)

    fake = FakeSession()
    if way == "object":
        monkeypatch.setattr(tasks, "SessionLocal", lambda: fake)
    elif way == "text":
        monkeypatch.setattr("app.tasks.SessionLocal", lambda: fake)
    elif way == "function":
        monkeypatch.setattr(tasks, "SessionLocal", make)
    else:
        monkeypatch.setattr(tasks, "SessionLocal", Noted)
    record("a")
    assert (made or [fake])[0].done == ["a", "commit", "close"]


def test_patch():
    fake = Failing()
    with patch("app.tasks.SessionLocal", return_value=fake):
        record("a")
    assert fake.done == ["a", "rollback", "close"]


def test_argument():
    session = Closed()
    assert Finder(lambda db, word: [db is session, word], lambda: session).search("a") == [True, "a"]
    assert session.closed
""",
}


def test_they_are_entered(tmp_path: Path) -> None:
    code, said = pytest_run(tmp_path / "before", FILES)
    assert code == 0, said
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()}), stages())
    migrated = {p: d.decode() for p, d in result.after.files.items()}
    code, said = pytest_run(tmp_path / "after", migrated)
    assert code == 0, said
    assert "async with self.open_session() as db:" in migrated["app/tasks.py"]
    assert migrated["tests/test_tasks.py"].count("    async def __aenter__(self):\n        return self\n") == 2
    assert run_steps(result.after, stages()).after.files == result.after.files
