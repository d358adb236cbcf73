"""Factories that commit: what a test reads of their objects is what the database has, before and after."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

MODELS = """\
from datetime import datetime
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    made: Mapped[Optional[datetime]]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("notes.id"))
    parent: Mapped[Optional["Note"]] = relationship(remote_side=[id])
"""
SUITE = {
    "app/models.py": MODELS,
    "requirements.txt": "fastapi\nsqlalchemy\n",
    "requirements-dev.txt": "pytest\nfactory_boy\n",
    "tests/factories.py": """\
from datetime import datetime, timezone

import factory
from factory.alchemy import SQLAlchemyModelFactory

from app.models import Note


class CommittingFactory(SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_persistence = "commit"


class NoteFactory(CommittingFactory):
    id = factory.Sequence(lambda n: f"{n + 1}")
    text = factory.Faker("word")
    made = factory.LazyFunction(lambda: datetime(2024, 1, 2, tzinfo=timezone.utc))

    class Meta:
        model = Note
        sqlalchemy_session_persistence = "commit"


class ReplyFactory(NoteFactory):
    parent = factory.SubFactory(NoteFactory)
""",
    "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine, get_db
from app.main import app

from factories import NoteFactory, ReplyFactory


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    session = SessionLocal()
    for factory in (NoteFactory, ReplyFactory):
        factory._meta.sqlalchemy_session = session
        factory.reset_sequence(force=True)
    yield session
    session.close()
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db):
    app.dependency_overrides[get_db] = lambda: db
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def note(db):
    return NoteFactory(text="fixed")
""",
    "tests/test_notes.py": """\
from app import crud
from app.models import Note

from factories import NoteFactory, ReplyFactory


def test_id(db, note):
    assert note.id == 1
    assert sorted([note.id, 0]) == [0, 1]
    assert note.made.tzinfo is None
    assert db.get(Note, 1).text == "fixed"


def test_parent(db):
    reply = ReplyFactory(text="second")
    assert reply.parent.text
    assert reply.parent_id == reply.parent.id
    assert isinstance(reply.parent_id, int)


def test_batch(client, db):
    made = NoteFactory.create_batch(2, text="x")
    assert [n.id for n in made] == [1, 2]
    assert client.get("/notes").json() == ["x", "x"]


def test_app(db, note):
    added = crud.add(db, "added")
    assert added.id == note.id + 1
""",
}


def test_what_is_committed_is_read_again(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITE})
    assert code == 0, output
    migrated, findings = flip(SUITE)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert not findings
    assert migrated["tests/factories.py"].count("def _create(") == 1
    again, _ = flip(migrated, {})
    assert again == migrated


def test_a_factory_that_creates_in_its_own_way_stays() -> None:
    factories = SUITE["tests/factories.py"].replace(
        "class NoteFactory",
        "    @classmethod\n    def _create(cls, model_class, *args, **kwargs):\n"
        "        return super()._create(model_class, *args, **kwargs)\n\n\nclass NoteFactory",
    )
    migrated, _ = flip({**SUITE, "tests/factories.py": factories})
    assert "column_attrs" not in migrated["tests/factories.py"]


def test_a_factory_whose_own_create_takes_a_session_gives_it_the_sync_one(tmp_path: Path) -> None:
    own = """\
    @classmethod
    def create(cls, **kwargs):
        session = kwargs.pop("session", None)
        if session is not None:
            cls._meta.sqlalchemy_session = session
        return super().create(**kwargs)

"""
    factories = SUITE["tests/factories.py"]
    at = factories.index("    class Meta:", factories.index("class NoteFactory"))
    suite = {
        **SUITE,
        "tests/factories.py": factories[:at] + own + factories[at:],
        "tests/test_own.py": """\
from app.models import Note

from factories import NoteFactory


def test_own(db):
    NoteFactory._meta.sqlalchemy_session = None
    note = NoteFactory(text="own", session=db)
    assert db.get(Note, note.id).text == "own"
""",
    }
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert "cls._meta.sqlalchemy_session = session.sync_session" in migrated["tests/factories.py"]
