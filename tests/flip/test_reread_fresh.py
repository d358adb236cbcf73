"""`get()` of what a function of the app has just refreshed sends nothing, neither before nor after the migration; that
of what the session was told to forget since reads it anew by itself."""

from __future__ import annotations

import pytest

from .harness import migrate

APP = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None]
    title: Mapped[str]


def create(db: Session, title: str) -> Note:
    note = Note(title=title)
    db.add(note)
    db.commit()
    db.refresh(note)
    return note


def rename(db: Session, note: Note, title: str) -> None:
    note.title = title
    db.commit()
    db.refresh(note)


def stamp(db: Session, note: Note) -> None:
    note.title += "!"
    db.commit()
"""
TEST = """\
import pytest
from sqlalchemy.orm import Session

from app import Base, Note, SessionLocal, create, engine, rename, stamp


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session


def test_it(db: Session):
    note = create(db, "a")
    {between}
    found = db.get(Note, note.{key})
    assert found is None or found.title
"""


@pytest.mark.parametrize(
    ("between", "key", "reads_again"),
    [
        ("assert note.id", "id", False),
        ("rename(db, note, 'b')", "id", False),
        ("rename(db, note=note, title='b')", "id", False),
        ("stamp(db, note)", "id", True),
        ("other = create(db, 'b')", "id", True),
        ("db.commit()", "id", True),
        ("stamp(db, note); db.expire_all()", "id", False),
        ("db.expire_all(); stamp(db, note)", "id", True),
        ("stamp(db, note); SessionLocal().expire_all()", "id", True),
        ("assert note.id", "parent_id", True),
    ],
)
def test_get_of_what_is_loaded(between: str, key: str, reads_again: bool) -> None:
    """A commit behind the refresh, of whatever, expires it in a sync session; another key is that of another row."""
    text = TEST.format(between=between, key=key)
    migrated = migrate({"app.py": APP, "tests/test_app.py": text, "requirements.txt": "fastapi\nsqlalchemy\npytest\n"})
    assert ("populate_existing=True" in migrated["tests/test_app.py"]) is reads_again
