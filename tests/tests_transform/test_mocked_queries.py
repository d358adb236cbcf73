"""Tests that mock `session.query`: they pass before, after the queries became selects, and after the flip."""

from __future__ import annotations

from pathlib import Path

from repositories import pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

APP = {
    "models.py": """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
""",
    "crud.py": """\
from sqlalchemy.orm import Session

from models import Note


def find(db: Session, key: int):
    return db.query(Note).filter(Note.id == key).first()


def same(db: Session, text: str):
    return db.query(Note).filter(Note.text == text).order_by(Note.id).first()


def page(db: Session):
    return db.query(Note).count(), db.query(Note).limit(2).all()


def texts(db: Session):
    return [text for text, in db.query(Note.text).all()]


def remove(db: Session, key: int):
    note = db.query(Note).get(key)
    if note is None:
        return False
    db.delete(note)
    db.commit()
    return True


def rename(db: Session, key: int, text: str) -> int:
    changed = db.query(Note).filter(Note.id == key).update({"text": text})
    db.commit()
    return changed


def drop(db: Session, text: str) -> bool:
    return db.query(Note).filter_by(text=text).delete() == 1


def empty(db: Session) -> None:
    db.query(Note).filter_by(text="").delete()
""",
}
TESTS = """\
from unittest.mock import MagicMock, Mock

import pytest
from sqlalchemy.orm import Session

import crud


@pytest.fixture
def db():
    return MagicMock(spec=Session)


def test_find(db):
    db.query.return_value.filter.return_value.first.return_value = "note"
    assert crud.find(db, 1) == "note"
    db.query.assert_called_once_with(crud.Note)
    assert db.query.call_count == 1


@pytest.fixture
def lent(_=MagicMock()):
    yield _


def tell(session):
    session.query.return_value.filter.return_value.first.return_value = "lent"


def test_find_in_what_a_default_makes(lent):
    tell(lent)
    assert crud.find(lent, 1) == "lent"


def test_find_often():
    db = Mock()
    db.query().filter().first.side_effect = ["a", None]
    assert [crud.find(db, 1), crud.find(db, 2)] == ["a", None]


def test_page(db):
    db.query.return_value.count.return_value = 3
    db.query.return_value.limit.return_value.all.return_value = ["a", "b"]
    assert crud.page(db) == (3, ["a", "b"])


def test_texts():
    db = MagicMock()
    db.query.return_value.all.return_value = [("a",), ("b",)]
    assert crud.texts(db) == ["a", "b"]
    db.query.assert_called_once()


def test_refused(db):
    db.query.side_effect = RuntimeError("no database")
    for use in (lambda: crud.find(db, 1), lambda: crud.page(db), lambda: crud.remove(db, 1)):
        with pytest.raises(RuntimeError):
            use()


def test_remove(db):
    db.query().get.return_value = None
    assert not crud.remove(db, 1)
    db.delete.assert_not_called()


def test_rename(db):
    db.query.return_value.filter.return_value.update.return_value = 1
    assert crud.rename(db, 1, "b") == 1
    db.query().filter().update.side_effect = ValueError("twice")
    with pytest.raises(ValueError):
        crud.rename(db, 1, "b")


@pytest.mark.parametrize("count", [0, 1])
def test_drop(db, count):
    db.query().filter_by().delete.return_value = count
    crud.empty(db)
    assert crud.drop(db, "b") is bool(count)
"""
UNKNOWN = """\
from unittest.mock import MagicMock

import crud
from doubles import session


def both(db):
    db.query.return_value.filter.return_value.first.return_value = "a"
    db.query.return_value.filter.return_value.order_by.return_value.first.return_value = "b"
    assert (crud.find(db, 1), crud.same(db, "x")) == ("a", "b")


def test_both():
    both(session())
"""

#: the mock of what makes sessions, which a test gives as a session too
FACTORY = {
    "store.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

import crud

SessionLocal = sessionmaker(bind=create_engine("sqlite://"))


def clean():
    with SessionLocal() as db:
        return crud.remove(db, 1)
""",
    "test_store.py": """\
from unittest.mock import patch

import crud
import store


@patch("store.SessionLocal")
def test_remove(factory):
    factory.query().get.return_value = None
    assert crud.remove(factory, 1) is False
""",
}


def migrated(files: dict[str, str], *steps: str) -> tuple[dict[str, str], list[str]]:
    workspace = Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()})
    result = run_steps(workspace, stages(steps))
    findings = [f"{f.code}:{f.span.line if f.span else 0}" for f in result.findings]
    return {p: d.decode() for p, d in result.after.files.items()}, findings


def test_values_go_where_the_code_asks(tmp_path: Path) -> None:
    files = {**APP, "test_crud.py": TESTS, "pytest.ini": "[pytest]\nasyncio_mode = auto\n"}
    selects, findings = migrated(files, "query")
    assert ".query" not in selects["test_crud.py"] + selects["crud.py"]
    assert findings == []
    flipped, _ = migrated(files, "query", "flip")
    for name, version in (("before", files), ("query", selects), ("flip", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"


def test_what_cannot_follow_is_reported() -> None:
    after, findings = migrated({**APP, "test_crud.py": UNKNOWN}, "query")
    assert after["test_crud.py"] == UNKNOWN
    assert findings == ["query-mock:8", "query-mock:9"]


def test_the_mock_of_a_factory_that_is_given_as_a_session(tmp_path: Path) -> None:
    files = {**APP, **FACTORY, "pytest.ini": "[pytest]\nasyncio_mode = auto\n"}
    selects, findings = migrated(files, "query")
    assert "factory.get.return_value = None" in selects["test_store.py"]
    assert findings == []
    flipped, _ = migrated(files, "query", "flip")
    for name, version in (("before", files), ("query", selects), ("flip", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"
