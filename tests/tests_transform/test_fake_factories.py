"""Fakes of sessions that tests put behind the factory of sessions which code in many places calls."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": APP["app/models.py"],
    "app/jobs.py": """\
from app import db as database
from app.db import SessionLocal
from app.models import Note


def clean():
    db = SessionLocal()
    try:
        old = db.query(Note).filter(Note.text == "").all()
        for note in old:
            db.delete(note)
        db.commit()
        return len(old)
    finally:
        db.close()


def rename(words):
    with database.SessionLocal() as db:
        query = db.query(Note)
        for word in words:
            query = query.filter(Note.text.contains(word))
        found = query.first()
        return found.text if found else None
""",
    "app/mails.py": """\
from app.db import get_db
from app.models import Note


def first_text(number):
    db = next(get_db())
    try:
        note = find(db, number)
        return note and note.text
    finally:
        db.close()


def find(db, number):
    return db.get(Note, number)
""",
    "tests/__init__.py": "",
    "tests/test_jobs.py": """\
from app import jobs, mails
from app.db import Base, SessionLocal, engine
from app.models import Note


def test_empty(monkeypatch):
    class FakeQuery:
        def filter(self, *_):
            return self

        def all(self):
            return []

    class FakeSession:
        def __init__(self):
            self.closed = False

        def query(self, *_, **__):
            return FakeQuery()

        def commit(self):
            pass

        def close(self):
            self.closed = True

    fake = FakeSession()
    monkeypatch.setattr(jobs, "SessionLocal", lambda: fake)
    assert jobs.clean() == 0
    assert fake.closed is True


def test_wrapped(monkeypatch):
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        session.add(Note(text=""))
        session.commit()

        class Wrapping:
            def __init__(self, real):
                self.real = real

            def query(self, *args, **kwargs):
                return self.real.query(*args, **kwargs)

            def delete(self, one):
                return self.real.delete(one)

            def commit(self):
                return self.real.commit()

            def close(self):
                pass

        monkeypatch.setattr(jobs, "SessionLocal", lambda: Wrapping(session))
        assert jobs.clean() == 1


def test_nothing(monkeypatch):
    class FakeSession:
        def query(self, *_):
            return []

        def close(self):
            pass

    monkeypatch.setattr(jobs, "SessionLocal", lambda: FakeSession())
    try:
        jobs.clean()
    except AttributeError as error:
        assert "filter" in str(error)


def test_given(monkeypatch):
    class Dummy:
        closed = False

        def close(self):
            self.closed = True

        def label(self):
            return "dummy"

    dummy = Dummy()

    def fake_get_db():
        yield dummy

    monkeypatch.setattr(mails, "get_db", fake_get_db)
    monkeypatch.setattr(mails, "find", lambda db, number: Note(text=db.label()))
    assert mails.first_text(1) == "dummy"
    assert dummy.closed


def test_real():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(Note(text="one two"))
        db.commit()
    assert jobs.rename(["one", "two"]) == "one two"
    assert mails.first_text(1) == "one two"
""",
}


def test_what_fakes_answer_says_nothing_about_queries(tmp_path: Path) -> None:
    """One `query` gives a list, one asks a real session: the queries of the code become selects for all that."""
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert '(await db.scalars(select(Note).where(Note.text == ""))).all()' in after["app/jobs.py"]
    assert "query = select(Note)" in after["app/jobs.py"]
    assert "return await self.real.scalars(statement, *args, **kwargs)" in after["tests/test_jobs.py"]
    assert not any(f.path.startswith("app/") for f in result.findings)
    for name, files in (("before", FILES), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files
