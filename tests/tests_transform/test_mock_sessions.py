"""Sessions that mocks of the tests give, and results of sessions that tests name by a call."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

FILES = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": APP["app/models.py"],
    "app/notes.py": """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note


def find(db: Session, key: int):
    return db.scalars(select(Note).where(Note.id == key)).one_or_none()


def rename(db: Session, key: int, text: str):
    found = find(db, key)
    found.text = text
    db.commit()
    return found
""",
    "tests/test_notes.py": """\
from unittest.mock import MagicMock

from sqlalchemy.orm import Session

from app.notes import find, rename


def test_results_by_calls():
    db = MagicMock()
    db.scalars().one_or_none.return_value = "note"
    assert find(db, 1) == "note"
    db.scalars().one_or_none.assert_called_once_with()


def test_failing_result():
    db = MagicMock(spec=Session)
    db.scalars().one_or_none.side_effect = KeyError
    try:
        find(db, 1)
    except KeyError:
        db.commit.assert_not_called()
    else:
        raise AssertionError


def test_entered_class():
    session_class = MagicMock(spec=Session)
    with session_class("engine") as db:
        db.scalars().one_or_none.return_value = MagicMock()
        assert rename(db, 1, "new").text == "new"
        db.commit.assert_called_once()


def test_entered_mock():
    factory = MagicMock()
    with factory() as db:
        db.scalars.return_value.one_or_none.return_value = 4
        assert find(db, 1) == 4


def test_called_class():
    session_class = MagicMock(spec=Session)
    db = session_class()
    db.scalars.return_value.one_or_none.return_value = 4
    assert find(db, 1) == 4


def test_given_by_the_test():
    session = MagicMock(spec=Session)
    session.scalars.return_value.one_or_none.return_value = 5
    maker = MagicMock()
    maker.return_value = session
    db = maker()
    assert find(db, 1) == 5
""",
}


def test_mocks_of_sessions_pass_before_and_after(tmp_path: Path) -> None:
    after, _ = flip(FILES, {})
    tests = after["tests/test_notes.py"]
    assert "session_class = MagicMock(spec=AsyncSession)\n" in tests, "nothing is awaited on the class"
    assert "db.scalars.return_value.one_or_none.return_value = " in tests
    assert "db = maker()\n    assert" in tests, "what the test gives itself stays as it is"
    for name, files in (("before", FILES), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert flip(after, {})[0] == after


def test_a_patched_factory_whose_session_a_keyword_gives(tmp_path: Path) -> None:
    """It is entered now, and left; that another function closes what it opens otherwise says nothing of it."""
    files = {
        **{path: FILES[path] for path in ("app/__init__.py", "app/db.py", "app/models.py")},
        "app/jobs.py": """\
from sqlalchemy import select

from app.db import get_db
from app.models import Note


def count():
    db = next(get_db())
    try:
        return len(db.scalars(select(Note)).all())
    finally:
        db.close()
""",
        "tests/test_db.py": """\
from unittest.mock import MagicMock, patch

import pytest

from app.db import get_db


def test_closed():
    session = MagicMock()
    with patch("app.db.SessionLocal", return_value=session):
        generator = get_db()
        assert next(generator) is session
        session.close.assert_not_called()
        with pytest.raises(ValueError):
            generator.throw(ValueError("late"))
        session.close.assert_called_once_with()


@patch("app.db.SessionLocal")
def test_given_by_an_assignment(opened):
    opened.return_value = MagicMock()
    generator = get_db()
    assert next(generator) is opened.return_value


def test_told():
    session = MagicMock()
    session.__enter__.return_value = session
    with patch("app.db.SessionLocal", return_value=session):
        assert next(get_db()) is session
""",
        "pytest.ini": "[pytest]\npythonpath = .\n",
    }
    after, _ = flip(files, {})
    assert after["tests/test_db.py"].count("session.__aenter__.return_value = session\n") == 2
    for name, texts in (("before", files), ("after", after)):
        code, output = pytest_run(tmp_path / name, texts)
        assert code == 0, f"{name}: {output}"
    assert flip(after, {})[0] == after
