"""A function that is called refreshes once more what its caller has refreshed by name: the relationship is gone."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    labels: Mapped[list["Label"]] = relationship(back_populates="team", order_by="Label.id")


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[Optional[int]] = mapped_column(ForeignKey("teams.id"))
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("labels.id"))
    team: Mapped[Optional["Team"]] = relationship(back_populates="labels")
    parent: Mapped[Optional["Label"]] = relationship(remote_side="Label.id", back_populates="children")
    children: Mapped[list["Label"]] = relationship(order_by="Label.id", back_populates="parent")
"""
FILLING = """
from models import Label, Team


def fill(db):
    db.add(Team(id=1, name="red", labels=[Label(id=1, name="one"), Label(id=2, name="two", parent_id=1)]))
"""
CRUD = """
from sqlalchemy.orm import Session

from models import Label


def change(db: Session, label: Label, name: str):
    label.name = name
    db.commit()
    db.refresh(label)
    return label


def change_twice(db: Session, label: Label):
    change(db, label, "first")
    return change(db, label, "second")
"""
APP = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

import crud
from db import get_db
from models import Label

app = FastAPI()


@app.post("/made")
def made(db: Session = Depends(get_db)):
    label = Label(name="new", team_id=1)
    db.add(label)
    db.commit()
    db.refresh(label)
    out = [label.team.name]
    crud.change(db, label, "changed")
    team = label.team
    return [out, team.name, [each.name for each in team.labels]]


@app.post("/found/{key}")
def found(key: int, db: Session = Depends(get_db)):
    label = db.get(Label, key)
    label.name = "x"
    db.commit()
    child = Label(name="child", parent=label)
    db.add(child)
    db.commit()
    got = crud.change_twice(db, label)
    team = label.team
    if team is not None:
        return [team.name, got.name]
    return got.name


@app.post("/between/{key}")
def between(key: int, db: Session = Depends(get_db)):
    label = db.get(Label, key)
    child = Label(name="child", parent=label)
    db.add(child)
    db.commit()
    names = [each.name for each in label.children]
    if len(names) > 1:
        crud.change(db, label, "changed")
    return [names, [each.name for each in label.children], label.name]
"""


def test_a_function_that_is_called_refreshes_the_same_instance_once_more(tmp_path: Path) -> None:
    files = {"main.py": APP, "models.py": MODELS, "filling.py": FILLING, "crud.py": CRUD}
    requests = [("POST", "/made"), ("POST", "/found/1"), ("POST", "/between/1"), ("POST", "/between/2")]
    migrated = prove(tmp_path, files, requests)
    assert ".awaitable_attrs.team" in migrated.files["main.py"]
