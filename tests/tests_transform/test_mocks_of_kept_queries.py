"""Mocks that tell what queries give which all stay: the code asks the session inside of the async one for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import pytest_run
from tests_transform.test_mocked_queries import APP, migrated

FILES = {
    **APP,
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "models.py": """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String)
    tag_id = Column(ForeignKey("tags.id"))
    tag = relationship(Tag)
""",
    "listener.py": """\
from sqlalchemy import event
from sqlalchemy.orm import Query


@event.listens_for(Query, "before_compile", retval=True)
def hide(query):
    return query.enable_assertions(False)
""",
    "notes.py": """\
from sqlalchemy.orm import Session

import listener  # noqa: F401
from models import Note


def every(db: Session):
    return db.query(Note).order_by(Note.id).all()


def one(db: Session, text: str):
    return db.query(Note).filter(Note.text == text).first()


def tags(db: Session):
    return [note.tag.name for note in db.query(Note).filter_by(text="a").all()]


def rename(db: Session, key: int, text: str):
    note = db.get(Note, key)
    note.text = text + note.tag.name
    db.commit()
    db.refresh(note)
    return note


class Notes:
    def __init__(self, db: Session):
        self.db = db

    def count(self):
        return self.db.query(Note).count()
""",
    "conftest.py": """\
import pytest
from sqlalchemy.orm import Session
from unittest import mock


@pytest.fixture
def db():
    session = mock.MagicMock(spec=Session)
    return session
""",
    "test_notes.py": """\
from unittest.mock import Mock, patch

import notes
from models import Note, Tag


def test_every(db):
    db.query.return_value.order_by.return_value.all.return_value = ["a"]
    assert notes.every(db) == ["a"]
    db.query.assert_called_once_with(Note)


def test_one(db):
    filtered = db.query.return_value.filter
    filtered.return_value.first.return_value = None
    assert notes.one(db, "a") is None
    filtered.assert_called_once()


def test_tags(db):
    query = db.query.return_value
    query.filter_by.return_value.all.return_value = [Note(tag=Tag(name="b"))]
    assert notes.tags(db) == ["b"]
    query.filter_by.assert_called_once_with(text="a")


def test_tags_of_a_function(db):
    found = Mock()
    found.filter_by.return_value.all.return_value = [Note(tag=Tag(name="c"))]
    db.query.side_effect = lambda model: found
    assert notes.tags(db) == ["c"]
    found.filter_by.assert_called_once_with(text="a")


def test_rename(db):
    db.get.return_value = Note(id=1, text="a", tag=Tag(name="!"))
    assert notes.rename(db, 1, "b").text == "b!"
    db.get.assert_called_once_with(Note, 1)
    db.commit.assert_called_once()


def test_plain():
    db = Mock()
    db.query.return_value.count.return_value = 3
    assert notes.Notes(db).count() == 3


@patch("notes.one")
def test_other(one, db):
    one.return_value = 1
    db.query.return_value.count.return_value = 4
    assert notes.Notes(db).count() == 4
""",
}


@pytest.mark.parametrize("steps", [("query",), ("query", "eager", "flip")])
def test_the_session_inside_is_the_mock(tmp_path: Path, steps: tuple[str, ...]) -> None:
    flipped, _ = migrated(FILES, *steps)
    again, _ = migrated(flipped, *steps)
    assert again == flipped
    assert ("sync_session.query(" in flipped["notes.py"]) == ("flip" in steps)
    for name, version in (("before", FILES), ("after", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"
