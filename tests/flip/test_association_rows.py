"""Rows of a class that is mapped to the table between two others: collections that go through it are read anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import DB, prove

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, relationship


class Base(DeclarativeBase):
    pass


class Membership(Base):
    __tablename__ = "memberships"
    user_id = Column(ForeignKey("users.id"), primary_key=True)
    team_id = Column(ForeignKey("teams.id"), primary_key=True)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    users = relationship("User", secondary={table}, order_by="User.id", backref="teams")
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Base, Membership, Team, User

app = FastAPI()


def leave(db: Session, user_id: int, team_id: int) -> None:
    found = db.scalars(select(Membership).filter_by(user_id=user_id, team_id=team_id)).first()
    if found:
        db.delete(found)
        db.commit()


@app.post("/leave/{user_id}")
def leaving(user_id: int, db: Session = Depends(get_db)):
    team = db.scalars(select(Team)).first()
    before = [user.name for user in team.users]
    leave(db, user_id, team.id)
    return before, [user.name for user in team.users]


@app.post("/join/{user_id}")
def joining(user_id: int, db: Session = Depends(get_db)):
    team = db.scalars(select(Team)).first()
    before = len(team.users)
    db.add(Membership(user_id=user_id, team_id=team.id))
    db.commit()
    return before, [user.name for user in team.users]

"""
FILLING = """\
from models import Team, User


def fill(db):
    db.add(Team(id=1, name="reds", users=[User(id=1, name="ann"), User(id=2, name="bob")]))
    db.add(User(id=3, name="cat"))
"""


@pytest.mark.parametrize("table", ['"memberships"', "Membership.__table__", "lambda: Membership.__table__"])
def test_collections_see_what_was_written_through_it(table: str, tmp_path: Path) -> None:
    files = {"db.py": DB, "models.py": MODELS.replace("{table}", table), "main.py": MAIN, "filling.py": FILLING}
    requests = ["leave/1", "join/3", "leave/9", "join/1"]
    prove(tmp_path, files, [("POST", f"/{path}") for path in requests])


def test_a_class_that_names_its_table_as_one(tmp_path: Path) -> None:
    made = """\
memberships = Table(
    "memberships",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("team_id", ForeignKey("teams.id"), primary_key=True),
)


class Membership(Base):
    __table__ = memberships

"""
    first, last = MODELS.index("class Membership"), MODELS.index("\nclass User")
    models = MODELS[:first] + made + MODELS[last:].replace("{table}", "memberships")
    models = models.replace("Integer, String", "Integer, String, Table")
    files = {"db.py": DB, "models.py": models, "main.py": MAIN, "filling.py": FILLING}
    prove(tmp_path, files, [("POST", f"/{path}") for path in ["leave/1", "join/3", "leave/9", "join/1"]])
