"""Classes of tests that only look like what the app uses, given to it by overrides, by hand and as mocks."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": APP["app/models.py"],
    "app/main.py": """\
from abc import ABC, abstractmethod
from typing import Protocol

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Note

app = FastAPI()


class Notes(Protocol):
    def get(self, key: int): ...

    def add(self, text: str): ...


class Clock(ABC):
    @abstractmethod
    def now(self) -> str: ...


class SqlNotes:
    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def get(self, key: int):
        return self.db.query(Note).filter(Note.id == key).first()

    def add(self, text: str):
        note = Note(text=text)
        self.db.add(note)
        self.db.commit()
        self.db.refresh(note)
        return note


class DbClock(Clock):
    def __init__(self, db: Session):
        self.db = db

    def now(self) -> str:
        return str(self.db.query(Note).count())


def get_clock(db: Session = Depends(get_db)) -> Clock:
    return DbClock(db)


def get_notes(notes: SqlNotes = Depends()) -> Notes:
    return notes


class Service:
    def __init__(self, notes: Notes):
        self.notes = notes

    def read(self, key: int):
        note = self.notes.get(key)
        if note is None:
            raise LookupError(key)
        return note


def get_service(notes: Notes = Depends(get_notes)) -> Service:
    return Service(notes)


class Mail:
    def sent(self, db: Session) -> int:
        return db.query(Note).count()


mail = Mail()


@app.get("/mail")
def count_mail(db: Session = Depends(get_db)):
    return mail.sent(db)


@app.get("/notes/{key}")
def read(key: int, service: Service = Depends(get_service)):
    try:
        return {"text": service.read(key).text}
    except LookupError:
        raise HTTPException(404)


@app.post("/notes")
def add(text: str, tasks: BackgroundTasks, notes: Notes = Depends(get_notes), clock: Clock = Depends(get_clock)):
    tasks.add_task(notes.add, "log")
    return {"text": notes.add(text).text, "at": clock.now()}
""",
    "tests/test_fakes.py": """\
from types import SimpleNamespace
from unittest.mock import MagicMock, Mock, patch

import pytest
from fastapi.testclient import TestClient

from app import main
from app.db import Base, engine
from app.main import Clock, Service, app, get_clock, get_notes, get_service

client = TestClient(app)


class FakeNotes:
    def __init__(self):
        self.notes = {}

    def get(self, key):
        return self.notes.get(key)

    def add(self, text):
        self.notes[len(self.notes) + 1] = note = SimpleNamespace(text=text)
        return note


class FixedClock(Clock):
    def now(self):
        return "now"


@pytest.fixture
def notes():
    notes = FakeNotes()
    app.dependency_overrides[get_notes] = lambda: notes
    app.dependency_overrides[get_clock] = FixedClock
    yield notes
    app.dependency_overrides.clear()


def test_fake(notes):
    assert client.post("/notes?text=a").json() == {"text": "a", "at": "now"}
    assert client.get("/notes/1").json() == {"text": "a"}
    assert client.get("/notes/9").status_code == 404
    assert notes.get(2).text == "log"


def test_service():
    fake = FakeNotes()
    fake.add("x")
    service = Service(fake)
    assert service.read(1).text == "x"
    with pytest.raises(LookupError):
        service.read(2)


def test_service_of_mock():
    notes = Mock()
    notes.get.return_value = SimpleNamespace(text="m")
    assert Service(notes).read(1).text == "m"


def test_override_with_mock():
    service = MagicMock()
    service.read.return_value = SimpleNamespace(text="s")
    app.dependency_overrides[get_service] = lambda: service
    assert client.get("/notes/1").json() == {"text": "s"}
    service.read.side_effect = LookupError
    assert client.get("/notes/1").status_code == 404
    app.dependency_overrides = {}


def test_override_by_function():
    def other_service():
        service = MagicMock(spec=Service)
        service.read.return_value = SimpleNamespace(text="o")
        return service

    app.dependency_overrides[get_service] = other_service
    assert client.get("/notes/1").json() == {"text": "o"}
    app.dependency_overrides.pop(get_service)


class ListedNotes:
    def get(self, key):
        return SimpleNamespace(text="listed")


class AddedNotes:
    def get(self, key):
        return SimpleNamespace(text="added")


def test_overrides_in_displays():
    listed = ListedNotes()
    app.dependency_overrides = {get_notes: lambda: listed, get_clock: FixedClock}
    assert client.get("/notes/1").json() == {"text": "listed"}
    app.dependency_overrides.update({get_notes: AddedNotes})
    assert client.get("/notes/1").json() == {"text": "added"}
    app.dependency_overrides = {}


def test_real():
    Base.metadata.create_all(engine)
    assert client.post("/notes?text=r").json() == {"text": "r", "at": "1"}
    assert client.get("/notes/1").json() == {"text": "r"}
    Base.metadata.drop_all(engine)


class FakeMail:
    def __init__(self, count):
        self.count = count

    def sent(self, db):
        return self.count


class OtherMail(FakeMail):
    pass


class ThirdMail:
    def sent(self, db):
        return 3


def test_replaced(monkeypatch):
    monkeypatch.setattr("app.main.mail", FakeMail(1))
    assert client.get("/mail").json() == 1
    monkeypatch.setattr(main, "mail", OtherMail(2))
    assert client.get("/mail").json() == 2
    with patch("app.main.mail", new=ThirdMail()):
        assert client.get("/mail").json() == 3


def test_patched(monkeypatch):
    monkeypatch.setattr(main.SqlNotes, "get", lambda self, key: SimpleNamespace(text="p"))
    assert client.get("/notes/1").json() == {"text": "p"}
""",
}


def test_fakes_follow_what_they_stand_for(tmp_path: Path) -> None:
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert "    async def add(self, text):" in after["tests/test_fakes.py"]
    for name, files in (("before", FILES), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files
