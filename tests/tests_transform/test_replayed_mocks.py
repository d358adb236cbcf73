"""Mocks of sessions that tell several chains of queries apart: the tests say the same, and selects are answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from repositories import pytest_run
from tests_transform.test_mocked_queries import APP, migrated

from asyncify.transforms.query import query_mocks

FILES = {
    **APP,
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(bind=create_engine("sqlite:///notes.db"))
""",
    "service.py": """\
from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import Session

from db import SessionLocal
from models import Base, Note

links = Table("links", Base.metadata, Column("note_id", Integer))


class Notes:
    def __init__(self, db: Session):
        self.db = db

    def add(self, text: str):
        if self.db.query(Note).filter_by(text=text).first():
            raise ValueError("twice")
        before = self.db.query(Note).filter(Note.text != text).count()
        note = Note(text=text)
        self.db.add(note)
        self.db.commit()
        self.db.refresh(note)
        return before

    def page(self, skip: int, size: int):
        query = self.db.query(Note).order_by(Note.id)
        return query.count(), query.offset(skip).limit(size).all()

    def clean(self):
        gone = self.db.query(Note).filter(Note.text == "").delete()
        changed = self.db.query(Note).filter(Note.text == "a").update({"text": "b"})
        again = self.db.query(Note).filter_by(text="b").update({"text": "c"})
        self.db.commit()
        return gone, changed, again
    def long(self):
        return [note for note in self.db.query(Note).filter(Note.text != "") if len(note) > 3]

    def highest(self):
        return self.db.query(Note.id).order_by(Note.id.desc()).limit(1).scalar()

    def move(self, key: int, text: str):
        note = self.db.get(Note, ident=key)
        if note.text == text:
            raise ValueError("same")
        if self.db.query(Note).filter_by(text=text).first():
            raise ValueError("twice")
        self.db.query(links).filter(links.c.note_id == key).delete()
        return note

    def words(self):
        return [word for word in self.db.query(Note.text).distinct().all()]

    def one(self, key: int):
        return self.db.query(Note).filter(Note.id == key).one_or_none() or self.db.query(Note).get(key)


def start():
    with SessionLocal() as db:
        first = db.query(Note).filter(Note.text == "a").first()
        return first, db.query(Note).order_by(Note.id).first()
""",
}
TESTS = """\
from unittest.mock import MagicMock, Mock, patch

import pytest
from sqlalchemy.orm import Session

from models import Note
from service import Notes, start


@pytest.fixture(params=["spec", "bare"])
def db(request):
    if request.param == "spec":
        session = MagicMock(spec=Session)
    else:
        session = MagicMock()
    return session


@pytest.fixture
def notes(db):
    return Notes(db)


def test_add(db, notes):
    db.query.return_value.filter_by.return_value.first.return_value = None
    db.query.return_value.filter.return_value.count.return_value = 3
    assert notes.add("a") == 3
    db.query.return_value.filter_by.assert_called_once_with(text="a")
    assert db.query.call_args.args == (Note,)
    db.add.assert_called_once()
    db.commit.assert_called_once()


def test_add_twice(db, notes):
    db.query().filter_by().first.side_effect = [None, "there"]
    db.query().filter().count.return_value = 0
    assert notes.add("a") == 0
    with pytest.raises(ValueError):
        notes.add("a")


def test_page(db, notes):
    query = MagicMock()
    db.query.return_value = query
    query.order_by.return_value = query
    query.offset.return_value = query
    query.limit.return_value = query
    query.count.return_value = 9
    query.all.return_value = ["a"]
    assert notes.page(3, 1) == (9, ["a"])
    query.offset.assert_called_once_with(3)
    query.limit.assert_called_once_with(1)


def test_clean(db, notes):
    db.query.return_value.filter.return_value.delete.return_value = 2
    db.query.return_value.filter.return_value.update.return_value = 5
    db.query.return_value.filter_by.return_value.update.return_value = 4
    assert notes.clean() == (2, 5, 4)
    db.query.return_value.filter.return_value.update.assert_called_once_with({"text": "b"})


def test_rows(db, notes):
    db.query.return_value.filter.return_value = ["abc", "abcd"]
    db.query.return_value.order_by.return_value.limit.return_value.scalar.return_value = 7
    assert (notes.long(), notes.highest()) == (["abcd"], 7)


def test_one(db, notes):
    db.query.return_value.filter.return_value.one_or_none.return_value = None
    db.query.return_value.get.return_value = "got"
    assert notes.one(1) == "got"
    db.query.return_value.get.assert_called_once_with(1)


def told(session, moved, there):
    session.get.return_value = moved
    session.query(Note).filter_by(text="b").first.return_value = there
    session.query(Note).filter().first.return_value = "not asked"
    return moved


def test_move(db, notes):
    moved = told(db, Note(text="a"), None)
    db.query.return_value.filter.return_value.delete.return_value = 1
    assert notes.move(1, "b") is moved
    with pytest.raises(ValueError):
        told(db, Note(text="a"), "there")
        notes.move(1, "b")


def test_move_what_is_not_told(db, notes):
    db.query.return_value.filter_by.return_value.first.return_value = None
    assert notes.move(1, "b").text != "b"


def test_words_of_nothing(db, notes):
    assert notes.words() == []


def test_by_model():
    db = Mock()
    answers = {Note: MagicMock()}
    answers[Note].filter.return_value.one_or_none.return_value = "one"
    db.query.side_effect = lambda model: answers[model]
    assert Notes(db).one(1) == "one"


@pytest.fixture
def chained():
    # a session that is its own query, whatever is called
    session = MagicMock()
    session.query.return_value = session
    session.filter.return_value = session
    session.filter_by.return_value = session
    session.delete.return_value = 2
    return session


def test_a_session_that_is_its_query(chained):
    chained.first.return_value = None
    chained.count.return_value = 3
    assert Notes(chained).add("a") == 3
    chained.filter_by.assert_called_once_with(text="a")
    assert chained.query.call_args.args == (Note,)
    chained.first.return_value = "there"
    with pytest.raises(ValueError):
        Notes(chained).add("a")


def test_what_it_changes_and_finds(chained):
    chained.update.return_value = 5
    chained.one_or_none.return_value = "found"
    assert Notes(chained).clean() == (2, 5, 5)
    assert Notes(chained).one(1) == "found"
    chained.first.return_value = None
    assert Notes(chained).move(1, "b").text != "b"


def added(session):
    session.query.return_value.filter_by.return_value.first.return_value = None
    session.query.return_value.filter.return_value.count.return_value = 6
    return Notes(session).add("a")


def test_a_helper_is_handed_it():
    assert added(MagicMock()) == 6


def test_broken(db, notes):
    db.query.side_effect = RuntimeError("no database")
    with pytest.raises(RuntimeError):
        notes.page(1, 2)


@pytest.fixture
def lent():
    with patch("service.start") as session:
        yield session


def test_lent(lent):
    lent.query.return_value.filter_by.return_value.first.return_value = None
    lent.query.return_value.filter.return_value.count.return_value = 2
    assert Notes(lent).add("a") == 2
    lent.refresh.assert_called_once()


@patch("service.start")
def test_lent_by_a_decorator(session):
    session.query.return_value.filter_by.return_value.first.return_value = None
    session.query.return_value.filter.return_value.count.return_value = 2
    assert Notes(session).add("a") == 2


def test_start():
    with patch("service.SessionLocal") as factory:
        session = factory.return_value.__enter__.return_value
        session.query.return_value.filter.return_value.first.return_value = "a"
        session.query.return_value.order_by.return_value.first.return_value = "first"
        assert start() == ("a", "first")
"""
CASES = """\
import unittest
from unittest.mock import MagicMock, create_autospec

from sqlalchemy.orm import Session

from models import Note
from service import Notes


class NotesTest(unittest.TestCase):
    def setUp(self):
        self.db = MagicMock()
        self.notes = Notes(self.db)

    def test_add(self):
        self.db.query.return_value.filter_by.return_value.first.return_value = None
        self.db.query.return_value.filter.return_value.count.return_value = 4
        self.assertEqual(self.notes.add("a"), 4)


class AnnotatedTest(unittest.TestCase):
    session: Session

    def setUp(self):
        self.session = create_autospec(Session)

    def test_one(self):
        self.session.query(Note).filter.return_value.one_or_none.return_value = "one"
        self.assertEqual(Notes(self.session).one(5), "one")
        self.session.query(Note).filter.assert_called_once()

    def test_move(self):
        self.session.get.return_value = Note(text="a")
        with self.assertRaises(ValueError):
            Notes(self.session).move(1, "a")
        self.session.query.assert_not_called()
"""
IN_A_PACKAGE = {
    "tests/__init__.py": "",
    "tests/conftest.py": "import os, sys\n\nsys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))\n",
    "tests/unit/__init__.py": "",
    "tests/unit/test_service.py": TESTS,
    "tests/test_cases.py": CASES,
}
BESIDE_A_CONFTEST = {
    "tests/conftest.py": IN_A_PACKAGE["tests/conftest.py"],
    "tests/unit/test_service.py": TESTS,
    "tests/test_cases.py": CASES,
}
BELOW_A_PACKAGE = {
    "tests/__init__.py": "",
    "tests/conftest.py": IN_A_PACKAGE["tests/conftest.py"],
    "tests/v1/unit/test_service.py": TESTS,
    "tests/v1/test_cases.py": CASES,
}
FLAT = {"test_service.py": TESTS, "test_cases.py": CASES}


@pytest.mark.parametrize(
    ("layout", "helper"),
    [
        (IN_A_PACKAGE, "tests/query_mocks.py"),
        (BESIDE_A_CONFTEST, "tests/query_mocks.py"),
        (BELOW_A_PACKAGE, "tests/query_mocks.py"),
        (FLAT, "query_mocks.py"),
    ],
    ids=["package", "conftest", "below", "flat"],
)
def test_chains_are_answered(tmp_path: Path, layout: dict[str, str], helper: str) -> None:
    files = {**FILES, **layout}
    selects, findings = migrated(files, "query")
    assert findings == []
    assert "select(Note)" in selects["service.py"] and ".query(" not in selects["service.py"]
    assert [path for path in selects if path not in files] == [helper]
    again, _ = migrated(selects, "query")
    assert again == selects
    flipped, _ = migrated(files, "query", "flip")
    assert "await self.db.scalar(" in flipped["service.py"]
    for name, version in (("before", files), ("query", selects), ("flip", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"


def test_a_file_of_that_name_stays() -> None:
    files = {**FILES, **FLAT, "query_mocks.py": "ours = 1\n"}
    selects, findings = migrated(files, "query")
    assert findings == []
    assert selects["query_mocks.py"] == files["query_mocks.py"]
    assert "from _query_mocks import answer_queries" in selects["test_cases.py"]
    assert "def answer_queries(" in selects["_query_mocks.py"]


def test_a_query_that_stays_is_asked_of_the_mock(tmp_path: Path) -> None:
    both = """\
from sqlalchemy.orm import Session

from models import Note


def both(db: Session):
    found = db.query(Note).filter(Note.id == 1).union(db.query(Note).filter(Note.id == 2))
    return found.filter(Note.text != "").all(), db.query(Note).order_by(Note.id).all()
"""
    test = """\
from unittest.mock import MagicMock

from sqlalchemy.orm import Session

from both import both


def test_both():
    db = MagicMock(spec=Session)
    db.query().filter().union().filter().all.return_value = ["a"]
    db.query().order_by().all.return_value = ["b"]
    assert both(db) == (["a"], ["b"])
"""
    files = {**APP, "both.py": both, "test_both.py": test, "pytest.ini": FILES["pytest.ini"]}
    flipped, _ = migrated(files, "query", "flip")
    assert "db.sync_session.query(" in flipped["both.py"]
    for name, version in (("before", files), ("flip", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"


def test_the_methods_of_selects_keep_what_sqlalchemy_takes_of_them() -> None:
    """`joinedload` of a collection with a limit calls `select_from.non_generative`."""
    code = (
        "import runpy, sys\nfrom sqlalchemy import Column, ForeignKey, Integer, select\n"
        "from sqlalchemy.orm import declarative_base, joinedload, relationship\n\nBase = declarative_base()\n\n\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id = Column(Integer, primary_key=True)\n"
        "    notes = relationship('Note')\n\n\n"
        "class Note(Base):\n    __tablename__ = 'notes'\n    id = Column(Integer, primary_key=True)\n"
        "    user_id = Column(ForeignKey('users.id'))\n\n\n"
        "runpy.run_path(sys.argv[1])\nprint(select(User).options(joinedload(User.notes)).limit(1))\n"
    )
    command = [sys.executable, "-c", code, query_mocks.__file__]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "LEFT OUTER JOIN notes" in run.stdout, run.stderr
