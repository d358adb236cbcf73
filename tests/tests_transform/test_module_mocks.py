"""Mocks of modules: their functions become async, and whoever awaits them needs mocks that can be awaited."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

TESTS = """\
from unittest import mock
from unittest.mock import MagicMock, patch

import app.main
from app.main import add_note, read_notes


@patch("app.main.crud")
def test_decorated(mock_crud):
    mock_crud.texts.return_value = ["a"]
    assert read_notes(db=MagicMock()) == ["a"]
    mock_crud.texts.assert_called_once()


def test_with():
    with patch("app.main.crud") as crud:
        crud.add.return_value = MagicMock(text="x")
        assert add_note("x", db=MagicMock()) == {"text": "x"}


def test_object():
    with patch.object(app.main, "crud") as crud:
        crud.texts.side_effect = [["b"], []]
        assert read_notes(db=None) == ["b"]
        assert read_notes(db=None) == []


def test_not_told():
    with mock.patch("app.main.crud"):
        add_note("x", db=None)


def test_monkeypatch(monkeypatch):
    fake = MagicMock()
    fake.texts.return_value = ["m"]
    monkeypatch.setattr("app.main.crud", fake)
    assert read_notes(db=None) == ["m"]


@patch("app.main.crud")
class TestNotes:
    @patch("app.main.FastAPI")
    def test_class(self, mock_app, mock_crud):
        mock_crud.texts.return_value = ["c"]
        assert read_notes(db=None) == ["c"]

    def test_other(self, mock_crud):
        mock_crud.texts.side_effect = lambda db: ["d"]
        assert read_notes(db=None) == ["d"]


def test_what_the_module_has_not():
    with patch("app.main.crud") as crud:
        crud.note = "n"
        crud.missing.return_value = 1
        crud.texts.return_value = [crud.missing()]
        assert read_notes(db=None) == [1]
"""
PACKAGE = {
    "app/crud/__init__.py": "from app.crud.notes import Notes\n\nnotes = Notes()\n",
    "app/crud/notes.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note


class Notes:
    def texts(self, db: Session) -> list[str]:
        return list(db.execute(select(Note.text)).scalars())
""",
    "app/main.py": """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app import crud
from app.db import get_db

app = FastAPI()


@app.get("/notes")
def read_notes(db: Session = Depends(get_db)):
    return crud.notes.texts(db)
""",
    "tests/test_package.py": """\
from unittest.mock import patch

from app.main import read_notes


@patch("app.main.crud")
def test_read(crud):
    crud.notes.texts.return_value = ["a"]
    assert read_notes(db=None) == ["a"]
    crud.notes.texts.assert_called_once_with(None)
""",
}
UNRELATED = """\
from unittest.mock import patch

import app.main


def test_time():
    with patch("app.main.crud_of_others") as others, patch("app.names") as names:
        names.make.return_value = others
"""


NAMESAKES = """\
from unittest.mock import patch

import pytest

from app import db
from app.crud import texts


@pytest.fixture
def session():
    db.Base.metadata.create_all(db.engine)
    with db.SessionLocal() as session:
        yield session


@patch("app.db.get_db")
def test_a_mock(session):
    session.commit()
    assert session.commit.call_count == 1


@patch("app.db.get_db")
def test_both(mock_get_db, session):
    session.commit()
    assert texts(session) == []
"""


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    files = {"tests/test_mocks.py": TESTS}
    migrated, findings = flip(files)
    assert not findings
    assert migrated["tests/test_mocks.py"].count("autospec=True") == 5
    for name, version in (("before", {**APP, **files}), ("after", migrated)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"
    assert flip(migrated, {})[0] == migrated


def test_a_parameter_of_a_patch_is_no_fixture(tmp_path: Path) -> None:
    files = {"tests/test_names.py": NAMESAKES}
    migrated, findings = flip(files)
    assert not findings
    for name, version in (("before", {**APP, **files}), ("after", migrated)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"


def test_instances_of_a_package_that_gives_them_on(tmp_path: Path) -> None:
    app = {path: text for path, text in {**APP, **PACKAGE}.items() if path != "app/crud.py"}
    migrated, findings = flip({}, app)
    assert not findings
    for name, version in (("before", app), ("after", migrated)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"


def test_modules_in_which_nothing_changes_are_mocked_as_they_are() -> None:
    names = {"app/names.py": "def make():\n    return 1\n"}
    migrated, _ = flip({"tests/test_names.py": UNRELATED, **names})
    assert migrated["tests/test_names.py"] == UNRELATED
