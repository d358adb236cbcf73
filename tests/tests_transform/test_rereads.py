"""Tests that look at rows again after the app changed them in ways that their session does not see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

SUITE = {
    "app/bulk.py": """\
from fastapi import Depends
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db import get_db
from app.main import app
from app.models import Note


def rename(db: Session, text: str) -> None:
    db.execute(update(Note.__table__).values(text=text))
    db.commit()


@app.put("/notes")
def rename_all(text: str, db: Session = Depends(get_db)):
    rename(db, text)
""",
    "tests/test_bulk.py": """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import bulk, crud
from app.db import Base, SessionLocal, engine, get_db
from app.main import app
from app.models import Note


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db):
    app.dependency_overrides[get_db] = lambda: db
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def note(db) -> Note:
    return crud.add(db, "old")


def test_request(client, db, note):
    client.put("/notes", params={"text": "new"})
    found = db.execute(select(Note).where(Note.id == 1)).scalar_one()
    assert found.text == "new"


def test_function(db, note):
    bulk.rename(db, "new")
    assert db.get(Note, 1).text == "new"


def test_statement(db):
    db.add(Note(text="old"))
    db.commit()
    statement = select(Note).order_by(Note.id)
    assert db.scalars(statement).first().text == "old"
    bulk.rename(db, "newer")
    assert db.scalars(statement).first().text == "newer"
    assert db.scalars(select(Note.text)).all() == ["newer"]
""",
}

#: what a request deletes leaves the session of the test, which then can neither expire it nor load it again
GONE = {
    "app/events.py": """\
from datetime import datetime

from fastapi import Depends
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, get_db
from app.main import app


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    due: Mapped[datetime]


@app.delete("/events/{id}")
def cancel(id: int, db: Session = Depends(get_db)):
    db.delete(db.get(Event, id))
    db.commit()
""",
    "tests/test_events.py": """\
from datetime import datetime, timezone

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Base, SessionLocal, engine, get_db
from app.events import Event
from app.main import app


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db):
    app.dependency_overrides[get_db] = lambda: db
    yield TestClient(app)
    app.dependency_overrides.clear()


def test_query(client, db):
    event = Event(name="party", due=datetime.now(timezone.utc))
    db.add(event)
    db.commit()
    client.delete("/events/1")
    assert db.scalar(select(Event).filter_by(name="party")) is None


def test_read(client, db):
    event = Event(name="party", due=datetime.now(timezone.utc))
    db.add(event)
    db.commit()
    client.delete("/events/1")
    assert event.due.year > 2000
    assert db.get(Event, 1) is None
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITE})
    assert code == 0, output
    migrated, _ = flip(SUITE)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    text = migrated["tests/test_bulk.py"]
    assert text.count("populate_existing") == 3
    again, _ = flip(migrated, {})
    assert again == migrated


def test_what_a_request_deletes_is_not_loaded_again(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **GONE})
    assert code == 0, output
    migrated, _ = flip(GONE, steps=("eager", "flip"))
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    assert "if event in db:" in migrated["tests/test_events.py"]
    again, _ = flip(migrated, {}, steps=("eager", "flip"))
    assert again == migrated


#: a fixture gives everything in one dictionary: what is under one name is no other thing
TOGETHER = {
    "app/teams.py": """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.db import Base


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    players: Mapped[list["Player"]] = relationship(back_populates="team")


class Player(Base):
    __tablename__ = "players"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team] = relationship(back_populates="players")


class Repository:
    model: type

    def __init__(self, db: Session):
        self.db = db

    def add(self, entity):
        self.db.add(entity)
        self.db.commit()
        self.db.refresh(entity)
        return entity


class Teams(Repository):
    def get(self, id: int):
        return self.db.query(Team).filter(Team.id == id).first()


class Players(Repository):
    def delete(self, id: int):
        self.db.delete(self.db.query(Player).filter(Player.id == id).first())
        self.db.commit()
""",
    "tests/test_teams.py": """\
import pytest

from app.db import Base, SessionLocal, engine
from app.teams import Player, Players, Team, Teams


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def data(db):
    teams, players = Teams(db), Players(db)
    team = teams.add(Team(name="a"))
    players.add(Player(team_id=team.id))
    return {"team": team, "teams": teams, "players": players}


def test_players_leave(db, data):
    team = data["team"]
    for player in list(team.players):
        data["players"].delete(player.id)
    db.commit()
    again = data["teams"].get(team.id)
    assert len(again.players) == 0
""",
}


@pytest.mark.parametrize("asked", [r'["\1"]', r'.get("\1")'])
def test_what_a_fixture_gives_by_names_is_told_apart(asked: str, tmp_path: Path) -> None:
    suite = {path: re.sub(r'\["(\w+)"\]', asked, text) for path, text in TOGETHER.items()}
    suite["app/teams.py"] = TOGETHER["app/teams.py"]
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, findings = flip(suite, steps=("query", "eager", "flip"))
    assert not findings
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
