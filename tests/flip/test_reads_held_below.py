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
    lines: Mapped[list["Line"]] = relationship(
        order_by="Line.id", back_populates="order", cascade="all, delete-orphan"
    )


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")
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
from models import Line, Order

app = FastAPI()


def add(db: Session, order: Order):
    order.lines.append(Line(text="more"))
    db.commit()
    return len(order.lines)


@app.post("/asked/{key}")
def asked(key: int, db: Session = Depends(get_db)):
    line = db.get(Line, key)
    order = db.get(Order, 1)
    line.order = order
    db.commit()
    orders = db.scalars(select(Order).order_by(Order.id)).all()
    return [len(orders), add(db, order)]


@app.post("/replaced/{key}")
def replaced(key: int, db: Session = Depends(get_db)):
    order = db.get(Order, key)
    line = Line(text="gone", order_id=order.id)
    db.add(line)
    db.flush()
    db.refresh(line)
    order.lines = []
    db.execute(update(Line).values(text="bulk"))
    db.commit()
    return [line.text, order.name, len(order.lines)]
"""
TWO_ORDERS = """
from models import Line, Order


def fill(db):
    db.add_all([Order(id=n, name=f"o{n}", lines=[Line(text="a"), Line(text="b")]) for n in (1, 2)])
"""


def test_what_a_statement_gives_again_keeps_the_lines_that_are_read_later(tmp_path: Path) -> None:
    files = {"main.py": AGAIN, "models.py": MODELS, "filling.py": TWO_ORDERS}
    prove(tmp_path, files, [("POST", "/asked/4"), ("POST", "/replaced/2")])
