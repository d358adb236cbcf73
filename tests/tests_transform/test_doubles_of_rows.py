"""Mocks in the place of instances that the app refreshes, in a suite that passes before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

JOBS = """\
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Note, Page


def find(db: Session, key: int) -> Note:
    return db.scalars(select(Note).where(Note.id == key)).one()


def log(db: Session, text: str) -> None:
    if not text:
        return
    db.add(Note(text=text))
    db.commit()


def publish(db: Session, key: int) -> str:
    note = find(db, key)
    note.rate = Decimal("1.5")
    log(db, "published")
    return " ".join([str(note.rate), *(page.text for page in note.pages)])
"""
TESTS = """\
from unittest.mock import MagicMock, patch

import pytest

from app.db import Base, SessionLocal, engine
from app.jobs import publish
from app.models import Note, Page


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    db = SessionLocal()
    yield db
    db.close()
    Base.metadata.drop_all(engine)


def test_rows(session):
    session.add(Note(id=1, text="a", pages=[Page(id=1, text="b")]))
    session.commit()
    assert publish(session, 1) == "1.50 b"


def test_double(session):
    note = MagicMock(pages=[MagicMock(text="d")])
    with patch("app.jobs.find", return_value=note):
        assert publish(session, 1) == "1.5 d"
"""
HEAD = "from decimal import Decimal\nfrom typing import Optional\n\nfrom sqlalchemy import ForeignKey, Numeric\n"
MODELS = (
    APP["app/models.py"].replace("import Mapped, mapped_column", "import Mapped, mapped_column, relationship")
    + """\
    rate: Mapped[Optional[Decimal]] = mapped_column(Numeric(10, 2))
    pages: Mapped[list["Page"]] = relationship(order_by="Page.id")


class Page(Base):
    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
"""
)


@pytest.mark.parametrize(
    ("told", "guards"),
    [
        ("", ["    if note in db:\n"]),
        (
            ", autoflush=False",
            [
                "    if note in db and note not in db.dirty:\n",
                '    if note in db and (unloaded := inspect(note).unloaded & {"pages"}):\n',
            ],
        ),
    ],
)
def test_a_refresh_passes_by_what_is_not_of_the_session(tmp_path: Path, told: str, guards: list[str]) -> None:
    suite = {
        **APP,
        "app/db.py": APP["app/db.py"].replace("bind=engine", f"bind=engine{told}"),
        "app/models.py": f"{HEAD}{MODELS}",
        "app/jobs.py": JOBS,
        "tests/test_jobs.py": TESTS,
        "pytest.ini": "[pytest]\npythonpath = .\n",
    }
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    files, _ = flip(suite, steps=("query", "eager", "flip"))
    assert all(guard in files["app/jobs.py"] for guard in guards), files["app/jobs.py"]
    code, printed = pytest_run(tmp_path / "after", files)
    assert code == 0, printed
    assert flip(files, {}, steps=("query", "eager", "flip"))[0] == files


WORK = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import SessionLocal
from app.models import Note


class Unit:
    def __init__(self, db: Session):
        self.db = db

    def __getattr__(self, name):
        return getattr(self.db, name)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.db.close()


def get_unit():
    with Unit(SessionLocal()) as unit:
        yield unit


class Notes:
    db: Session

    def __init__(self, db: Session = Depends(get_unit)):
        self.db = db

    def find(self, key: int) -> Note:
        return self.db.get(Note, key)

    def publish(self, key: int) -> str:
        note = self.find(key)
        note.text = note.text.upper()
        self.db.commit()
        self.db.refresh(note)
        return f"{note.text}{len(note.pages)}"
"""
WORK_TESTS = """\
from unittest.mock import MagicMock, patch

from app.db import Base, SessionLocal, engine
from app.models import Note, Page
from app.work import Notes, Unit


def test_rows():
    Base.metadata.create_all(engine)
    with Unit(SessionLocal()) as unit:
        unit.add(Note(id=1, text="a", pages=[Page(id=1, text="b"), Page(id=2, text="c")]))
        unit.commit()
        assert Notes(unit).publish(1) == "A2"
    Base.metadata.drop_all(engine)


def test_double():
    note = MagicMock(text="d", pages=[MagicMock(text="e")])
    db = MagicMock()
    with patch.object(Notes, "find", return_value=note):
        assert Notes(db).publish(1) == "D1"
    db.refresh.assert_called_once_with(note)
"""


def test_what_hands_attributes_on_to_a_session_knows_no_in(tmp_path: Path) -> None:
    suite = {
        **APP,
        "app/models.py": f"{HEAD}{MODELS}",
        "app/work.py": WORK,
        "tests/test_work.py": WORK_TESTS,
        "pytest.ini": "[pytest]\npythonpath = .\n",
    }
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    files, _ = flip(suite, steps=("query", "eager", "flip"))
    assert "if note in self.db.identity_map.values():" in files["app/work.py"], files["app/work.py"]
    code, printed = pytest_run(tmp_path / "after", files)
    assert code == 0, printed
    assert flip(files, {}, steps=("query", "eager", "flip"))[0] == files
