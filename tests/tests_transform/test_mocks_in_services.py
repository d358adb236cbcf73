"""Mocks of sessions that tests reach through the object of the app that they were given to: `service.db.query`."""

from __future__ import annotations

from pathlib import Path

from repositories import pytest_run
from tests_transform.test_mocked_queries import APP, migrated

FILES = {
    **APP,
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "services.py": """\
from sqlalchemy.orm import Session

from models import Note


class Base:
    def __init__(self, session: Session):
        self.session = session


class Notes(Base):
    def __init__(self, session: Session, size: int = 2):
        super().__init__(session)
        self.size = size

    def add(self, text: str):
        if self.session.query(Note).filter_by(text=text).first():
            raise ValueError("twice")
        note = Note(text=text)
        self.session.add(note)
        self.session.commit()
        self.session.refresh(note)
        return self.session.query(Note).filter(Note.text != text).count()

    def clear(self):
        for note in self.session.query(Note).all():
            self.session.delete(note)
""",
    "test_services.py": """\
from unittest.mock import MagicMock

import pytest

from services import Notes


@pytest.fixture
def notes():
    session = MagicMock()
    return Notes(session)


def made(session):
    service = Notes(session=session, size=3)
    return service


def test_add(notes):
    notes.session.query.return_value.filter_by.return_value.first.return_value = None
    notes.session.query.return_value.filter.return_value.count.return_value = 3
    assert notes.add("a") == 3
    notes.session.add.assert_called_once()
    notes.session.refresh.assert_called_once()


def test_in_turn(notes):
    notes.session.query.side_effect = [
        MagicMock(**{"filter_by.return_value.first.return_value": None}),
        MagicMock(**{"filter.return_value.count.return_value": 5}),
    ]
    assert notes.add("b") == 5


def test_clear():
    notes = made(MagicMock())
    notes.session.query.return_value.all.return_value = ["a", "b"]
    notes.clear()
    assert notes.session.delete.call_count == 2


def test_clear_of_its_own():
    notes = Notes(MagicMock())
    notes.session.query.return_value.all.return_value = []
    notes.clear()
    notes.session.delete.assert_not_called()


def test_clear_of_another(notes):
    notes = Notes(notes.session)
    notes = Notes(notes.session)
    notes.session.query.return_value.all.return_value = ["a"]
    notes.clear()
    notes.session.delete.assert_called_once_with("a")
""",
}


def test_a_mock_that_a_service_holds(tmp_path: Path) -> None:
    selects, findings = migrated(FILES, "query")
    assert findings == []
    assert ".query(" not in selects["services.py"]
    flipped, _ = migrated(FILES, "query", "eager", "flip")
    assert "sync_session" not in flipped["test_services.py"]
    again, _ = migrated(flipped, "query", "eager", "flip")
    assert again == flipped
    for name, version in (("before", FILES), ("query", selects), ("flip", flipped)):
        code, output = pytest_run(tmp_path / name, version)
        assert code == 0, f"{name}: {output}"
