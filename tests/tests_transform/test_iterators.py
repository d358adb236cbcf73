"""Iterators and lists that tests give for generators, in a suite that passes before and after."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

TASKS = """\
from app import crud
from app.db import get_db


def count():
    db = next(get_db())
    try:
        return len(crud.texts(db))
    finally:
        db.close()


def counts():
    return [len(crud.texts(db)) for db in get_db()]
"""
TESTS = """\
from unittest.mock import MagicMock, patch

import pytest

from app import crud, tasks
from app.db import Base, SessionLocal, engine


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    db = SessionLocal()
    crud.add(db, "one")
    yield db
    db.close()
    Base.metadata.drop_all(engine)


def test_keyword(session):
    with patch("app.tasks.get_db", return_value=iter([session])):
        assert tasks.count() == 1


@patch("app.tasks.get_db")
def test_decorated(get_db, session):
    get_db.return_value = iter([session, session])
    assert tasks.counts() == [1, 1]


def test_list():
    with patch("app.tasks.get_db") as get_db:
        get_db.side_effect = lambda: []
        assert tasks.counts() == []


def test_each_call(session):
    with patch.object(tasks, "get_db", side_effect=[iter([session]), (one for one in [session])]):
        assert tasks.count() + tasks.count() == 2


def test_monkeypatch(monkeypatch, session):
    monkeypatch.setattr(tasks, "get_db", lambda: iter([session]))
    assert tasks.count() == 1
    monkeypatch.setattr("app.tasks.get_db", MagicMock(return_value=[session]))
    assert tasks.counts() == [1]
"""


def test_items_for_what_becomes_an_async_generator(tmp_path: Path) -> None:
    suite = {**APP, "app/tasks.py": TASKS, "tests/test_tasks.py": TESTS, "pytest.ini": "[pytest]\npythonpath = .\n"}
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    files, findings = flip(suite)
    assert not findings
    assert files["tests/test_tasks.py"].count("async def each_of(items):") == 1
    assert "return_value=each_of([session]))" in files["tests/test_tasks.py"]
    code, printed = pytest_run(tmp_path / "after", files)
    assert code == 0, printed
    assert flip(files, {})[0] == files
