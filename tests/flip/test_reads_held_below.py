"""Names hold what a relationship gave before its owner is refreshed: `cascade="all"` hands the refresh on to it."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    lines: Mapped[list["Line"]] = relationship(order_by="Line.id", cascade="all, delete-orphan")


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
"""
APP = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Line, Order

app = FastAPI()


@app.post("/twice")
def twice(db: Session = Depends(get_db)):
    order = Order(name="a", lines=[Line(text="one"), Line(text="two")])
    db.add(order)
    db.commit()
    db.refresh(order)
    lines = order.lines
    order.name = "b"
    db.commit()
    db.refresh(order)
    return [order.name, [line.text for line in lines]]


@app.post("/kept")
def kept(db: Session = Depends(get_db)):
    order = Order(name="a", lines=[Line(text="one"), Line(text="two")])
    lines = order.lines
    db.add(order)
    db.commit()
    db.refresh(order)
    return [line.id for line in lines]


@app.get("/loaded/{key}")
def loaded(key: int, db: Session = Depends(get_db)):
    order = db.get(Order, key)
    lines = order.lines
    order.name = "c"
    db.commit()
    db.refresh(order)
    return [order.name, [line.text for line in lines]]
"""
FILLING = """
def fill(db):
    pass
"""


def test_what_is_held_of_a_made_instance_is_there_behind_its_refresh(tmp_path: Path) -> None:
    files = {"main.py": APP, "models.py": MODELS, "filling.py": FILLING}
    migrated = prove(tmp_path, files, [("POST", "/twice"), ("POST", "/kept"), ("GET", "/loaded/1")])
    loaded = migrated.files["main.py"].split("async def loaded")[1]
    assert "await db.refresh(order)" in loaded  # with the options of its statement: nothing else is needed


AGAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import get_db
from models import Label, Team

app = FastAPI()


def add(db: Session, team: Team):
    team.labels.append(Label(name="more"))
    db.commit()
    return len(team.labels)


@app.post("/asked/{key}")
def asked(key: int, db: Session = Depends(get_db)):
    label = db.get(Label, key)
    team = db.get(Team, 1)
    label.team = team
    db.commit()
    teams = db.scalars(select(Team).order_by(Team.id)).all()
    return [len(teams), add(db, team)]


@app.post("/replaced/{key}")
def replaced(key: int, db: Session = Depends(get_db)):
    team = db.get(Team, key)
    label = Label(name="gone", team_id=team.id)
    db.add(label)
    db.flush()
    db.refresh(label)
    team.labels = []
    db.execute(update(Label).values(name="bulk"))
    db.commit()
    return [label.name, team.name, len(team.labels)]
"""
TEAMS = MODELS.replace("Order", "Team").replace("orders", "teams").replace("order", "team")
TEAMS = TEAMS.replace("Line", "Label").replace("lines", "labels").replace("text", "name")
TEAMS += '    team: Mapped["Team"] = relationship(back_populates="labels")\n'
TWO_TEAMS = """
from models import Label, Team


def fill(db):
    db.add_all([Team(id=n, name=f"t{n}", labels=[Label(name="a"), Label(name="b")]) for n in (1, 2)])
"""


def test_what_a_statement_gives_again_keeps_the_labels_that_are_read_later(tmp_path: Path) -> None:
    models = TEAMS.replace('team_by="Label.id"', 'order_by="Label.id", back_populates="team"')
    files = {"main.py": AGAIN, "models.py": models, "filling.py": TWO_TEAMS}
    prove(tmp_path, files, [("POST", "/asked/4"), ("POST", "/replaced/2")])
