"""Patched functions of which a test says nothing, in a suite that passes before and after."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

BOARDS = """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note


class Board:
    def __init__(self, notes):
        self.notes = notes

    def moves(self):
        return list(self.notes)


def find(db: Session) -> Board:
    return Board(db.scalars(select(Note)).all())


def store(db: Session) -> None:
    db.commit()


def play(db: Session) -> int:
    board = find(db)
    store(db)
    return len(board.moves())
"""
TESTS = """\
from unittest.mock import Mock, patch

import pytest

from app.boards import play


@pytest.fixture
def mocks():
    with patch("app.boards.find") as find, patch("app.boards.store") as store:
        yield {"find": find, "store": store}


def test_nothing_said(mocks):
    assert play(Mock()) == 0
    mocks["store"].assert_called_once()


def test_said_later(mocks):
    mocks["find"].return_value = Mock(moves=lambda: [1, 2])
    assert play(Mock()) == 2


def test_said_at_once():
    with patch("app.boards.store"), patch("app.boards.find") as find:
        find.return_value = Mock(moves=lambda: [1])
        assert play(Mock()) == 1
"""


def test_methods_of_a_result_give_no_coroutine(tmp_path: Path) -> None:
    suite = {**APP, "app/boards.py": BOARDS, "tests/test_boards.py": TESTS, "pytest.ini": "[pytest]\npythonpath = .\n"}
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    files, _ = flip(suite)
    tests = files["tests/test_boards.py"]
    assert tests.count("return_value=MagicMock()") == 1
    assert 'patch("app.boards.find", return_value=MagicMock()) as find, patch("app.boards.store") as store' in tests
    code, printed = pytest_run(tmp_path / "after", files)
    assert code == 0, printed
    assert flip(files, {})[0] == files
