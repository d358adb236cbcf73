"""Real sessions whose `query` a test patches: the tests say the same, and the selects of the code ask what they say."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

STEPS = ("query", "eager", "lifespan", "flip")
SUITE = {
    "requirements.txt": "fastapi\nsqlalchemy\nhttpx\npytest\n",
    "app/notes.py": """\
from fastapi import Depends, HTTPException
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db import get_db
from app.main import app
from app.models import Note


def find(db: Session, key: int):
    return db.query(Note).filter(Note.id == key).first()


def page(db: Session, size: int):
    query = db.query(Note).order_by(Note.id)
    return query.count(), [note.text for note in query.limit(size).all()]


def clean(db: Session):
    found = db.query(Note).filter(Note.text == "").delete()
    db.commit()
    return found


@app.get("/notes/{key}")
def read(key: int, db: Session = Depends(get_db)):
    try:
        note = find(db, key)
    except SQLAlchemyError:
        raise HTTPException(503)
    return note.text if note else None
""",
    "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app import crud
from app.db import Base, SessionLocal, engine, get_db
from app.main import app
from app import notes


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        crud.add(session, "a")
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db):
    app.dependency_overrides[get_db] = lambda: db
    yield TestClient(app)
    app.dependency_overrides.clear()
""",
    "tests/test_notes.py": """\
from unittest.mock import MagicMock, Mock, patch

import pytest
from sqlalchemy.exc import OperationalError

from app import notes
from app.db import SessionLocal
from app.models import Note


def test_error(client, db):
    assert client.get("/notes/1").json() == "a"
    with patch.object(db, "query", side_effect=OperationalError("", {}, Exception())) as query:
        assert client.get("/notes/1").status_code == 503
    query.assert_called_once_with(Note)
    assert client.get("/notes/1").json() == "a"


def test_own_session():
    session = SessionLocal()
    query = Mock()
    query.filter.return_value = query
    query.first.side_effect = [Note(text="x"), None]
    with patch.object(session, "query", return_value=query), patch.object(session, "commit") as commit:
        assert notes.find(session, 1).text == "x"
        assert notes.find(session, 1) is None
        commit.assert_not_called()
    session.close()


def test_some(db, monkeypatch):
    real, asked = db.query, []

    def query(*entities):
        asked.append(entities)
        if len(asked) > 1:
            raise RuntimeError("down")
        return real(*entities)

    monkeypatch.setattr(db, "query", query)
    assert notes.find(db, 1).text == "a"
    with pytest.raises(RuntimeError, match="down"):
        notes.page(db, 1)


def test_chains(db):
    pages = MagicMock()
    pages.order_by.return_value.count.return_value = 7
    pages.order_by.return_value.limit.return_value.all.return_value = [Note(text="p")]
    pages.filter.return_value.delete.return_value = 3
    with patch.object(db, "query", return_value=pages):
        assert notes.page(db, 2) == (7, ["p"])
        assert notes.clean(db) == 3
    assert notes.page(db, 2) == (1, ["a"])
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITE})
    assert code == 0, output
    half, findings = flip(SUITE, steps=("query",))
    assert {f.code for f in findings} == {"query-escapes"}  # `real` of a test, which goes on as a legacy query
    code, output = pytest_run(tmp_path / "half", half)
    assert code == 0, output
    migrated, findings = flip(SUITE, steps=STEPS)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert {f.code for f in findings} <= {"query-escapes"}
    assert migrated["tests/test_notes.py"].count("answer_patched_queries(") == 4
    again, _ = flip(migrated, {}, STEPS)
    assert again == migrated


def test_a_session_that_is_made_where_it_is_patched_is_reported() -> None:
    test = (
        "from unittest.mock import patch\n\nfrom app import notes\nfrom app.db import SessionLocal\n\n\n"
        "def test_error():\n"
        '    with SessionLocal() as db, patch.object(db, "query", side_effect=OSError):\n'
        "        notes.find(db, 1)\n"
    )
    migrated, findings = flip({**SUITE, "tests/test_notes.py": test}, steps=("query",))
    assert [f.code for f in findings] == ["query-mock"]
    assert migrated["tests/test_notes.py"] == test
