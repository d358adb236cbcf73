"""A method of a session that a test replaces, for code that gets the session inside of an async one."""

from __future__ import annotations

import pytest
from repositories import APP, flip
from test_suites import CONFTEST

KEPT = """

def stored(db: Session, text: str) -> bool:  # asyncify: keep-sync
    db.add(Note(text=text))
    db.commit()
    return True
"""
TESTS = """\
from unittest.mock import patch

from app import crud


def test_patched(db):
    with patch.object(db, "commit") as commit:
        crud.{0}(db, "a")
    commit.assert_called_once()


def test_set(db, monkeypatch):
    monkeypatch.setattr(db, "commit", lambda: None)
    assert crud.{0}(db, "a")


def test_before(db, monkeypatch):
    crud.{0}(db, "a")
    monkeypatch.setattr(db, "commit", lambda: None)
"""


@pytest.mark.parametrize(("name", "lines"), [("stored", [7, 13]), ("add", [])])
def test_what_is_not_replaced_is_said(name: str, lines: list[int]) -> None:
    app = {**APP, "app/crud.py": APP["app/crud.py"] + KEPT}
    _, findings = flip({"tests/conftest.py": CONFTEST, "tests/test_notes.py": TESTS.format(name)}, app)
    found = [f for f in findings if f.code == "mock-session"]
    assert [f.span.line for f in found if f.span] == lines
    assert all("stored" in f.message and "db.sync_session" in f.advice for f in found)
