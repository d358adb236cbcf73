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
