"""Factories that give keys as text: the session does not know such objects by the key that the database has."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

MODELS = """\
import uuid
from typing import List, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("notes.id"))
    parent: Mapped[Optional["Note"]] = relationship(remote_side=[id], back_populates="replies")
    replies: Mapped[List["Note"]] = relationship(back_populates="parent")
"""
SUITE = {
    "app/models.py": MODELS,
    "requirements-dev.txt": "pytest\nfactory_boy\n",
    "tests/factories.py": """\
import factory
from factory.alchemy import SQLAlchemyModelFactory

from app.models import Note


class NoteFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Note

    id = factory.Sequence(lambda n: f"{n + 1}")
    text = factory.Faker("word")
""",
    "tests/conftest.py": """\
import pytest

from app.db import Base, SessionLocal, engine

from factories import NoteFactory


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    session = SessionLocal()
    NoteFactory._meta.sqlalchemy_session = session
    NoteFactory.reset_sequence(0)
    yield session
    session.close()
    Base.metadata.drop_all(engine)
""",
    "tests/test_notes.py": """\
from app.models import Note

from factories import NoteFactory


def test_replies(db):
    note = NoteFactory(text="first")
    db.commit()
    reply = Note(text="second", parent_id=1)
    db.add(reply)
    db.commit()
    assert note.replies[-1].id == reply.id


def test_stored_in_a_test(db):
    note = Note(id=str(7), text="first")
    db.add(note)
    db.commit()
    db.add(Note(text="second", parent_id=7))
    db.commit()
    assert [reply.text for reply in note.replies] == ["second"]
""",
}


@pytest.mark.parametrize("version", ["sqlalchemy\n", "sqlalchemy==1.4.54\n"])
def test_what_such_objects_hold_is_loaded(version: str, tmp_path: Path) -> None:
    suite = {**SUITE, "requirements.txt": f"fastapi\n{version}"}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite, steps=("eager", "flip"))
    assert "selectinload" not in migrated["tests/test_notes.py"]
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {}, ("eager", "flip"))
    assert again == migrated


def test_what_the_mapping_loads_is_not_there_for_what_a_factory_makes(tmp_path: Path) -> None:
    models = MODELS.replace(
        'relationship(back_populates="parent")', 'relationship(back_populates="parent", lazy="selectin")'
    )
    fixture = (
        "\n\n@pytest.fixture\ndef note(db):\n    note = NoteFactory(text='first')\n    db.commit()\n    return note\n"
    )
    test = """\
from app.models import Note


def test_replies(db, note):
    note.replies.append(Note(text="second"))
    db.commit()
    assert [n.text for n in db.query(Note).order_by(Note.text)] == ["first", "second"]
"""
    conftest = SUITE["tests/conftest.py"] + fixture
    suite = {**SUITE, "app/models.py": models, "tests/conftest.py": conftest, "tests/test_notes.py": test}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite, steps=("query", "eager", "flip"))
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
