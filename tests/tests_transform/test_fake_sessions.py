"""Classes of tests that stand for a session: they follow it, and the code that gets them stays as it would be."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": APP["app/models.py"],
    "app/notes.py": """\
from sqlalchemy.orm import Session

from app.models import Note


class Notes:
    def __init__(self, db: Session):
        self.db = db

    def find(self, key: int):
        return self.db.query(Note).filter(Note.id == key).first()

    def all(self, *words: str):
        query = self.db.query(Note)
        for word in words:
            query = query.filter(Note.text.contains(word))
        return query.order_by(Note.id).all()

    def reload(self, key: int):
        return self.db.query(Note).get(key)

    def count(self):
        return self.db.query(Note).count()

    def add(self, text: str):
        note = Note(text=text)
        self.db.add(note)
        self.db.commit()
        self.db.refresh(note)
        return note

    def clear(self):
        gone = self.db.query(Note).filter(Note.text == "").delete()
        self.db.commit()
        return gone
""",
    "tests/__init__.py": "",
    "tests/fakes.py": """\
class FakeQuery:
    def __init__(self, found):
        self.found = found
        self.conditions = 0

    def filter(self, *conditions):
        self.conditions += len(conditions)
        return self

    def order_by(self, *columns):
        return self

    def first(self):
        return self.found[0] if self.found else None

    def get(self, key):
        return key

    def all(self):
        return [(one, self.conditions) for one in self.found]

    def count(self):
        return len(self.found)

    def delete(self):
        return self.conditions


class FakeSession:
    \"\"\"Remembers what is done.\"\"\"

    def __init__(self, *found):
        self.found = found
        self.done = []

    def query(self, model):
        self.done.append(model.__name__)
        return FakeQuery(self.found)

    def add(self, one):
        self.done.append("add")

    def commit(self):
        self.done.append("commit")

    def refresh(self, one):
        one.id = 7
""",
    "tests/test_notes.py": """\
from app.db import Base, SessionLocal, engine
from app.notes import Notes

from .fakes import FakeSession


def test_fake_query():
    db = FakeSession("a", "b")
    notes = Notes(db)
    assert notes.find(1) == "a"
    assert notes.all("x", "y") == [("a", 2), ("b", 2)]
    assert notes.reload(5) == 5
    assert notes.count() == 2
    assert notes.clear() == 1
    assert db.done == ["Note"] * 5 + ["commit"]


def test_nothing():
    assert Notes(FakeSession()).find(1) is None


def test_fake_commit():
    db = FakeSession()
    assert Notes(db).add("n").id == 7
    db.commit()
    assert db.done == ["add", "commit", "commit"]


def test_real():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        notes = Notes(db)
        notes.add("one")
        assert notes.find(notes.add("two").id).text == "two"
        assert [n.text for n in notes.all("o", "w")] == ["two"]
        assert notes.count() == 2
""",
}


def test_fakes_of_sessions_follow(tmp_path: Path) -> None:
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert "resolved" not in after["app/notes.py"]
    assert "sync_session" not in after["app/notes.py"]
    assert "    async def commit(self):" in after["tests/fakes.py"]
    assert "    def query(self, model):" in after["tests/fakes.py"]
    sync = {p: d.decode() for p, d in run_steps(result.before, stages()[:1]).after.files.items()}
    for name, files in (("before", FILES), ("selects", sync), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files
