"""Relationships that are gone when they are read: a refresh of another instance has loaded their owner anew."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

TABLES = """

class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped[Shop] = relationship()
    lines: Mapped[list["Line"]] = relationship(back_populates="order")
    remarks: Mapped[list["Remark"]] = relationship(order_by="Remark.id")


class Remark(Base):
    __tablename__ = "remarks"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=1)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(back_populates="lines", lazy="joined")
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Line, Order, Remark, Shop

Base.metadata.create_all(engine)
app = FastAPI()


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(Order(id=1, shop=Shop(name="east"), lines=[Line(id=1), Line(id=2)], remarks=[Remark(id=1)]))
    db.commit()


def find(db: Session, key: int):
    return db.scalars(select(Order).where(Order.id == key)).one()


def more(db: Session, key: int):
    line = db.get(Line, key)
    line.count += 1
    db.commit()
    db.refresh(line)
    return line


@app.post("/before/{key}")
def before(key: int, db: Session = Depends(get_db)):
    order = find(db, 1)
    name = order.shop.name
    return [name, more(db, key).count]


@app.post("/behind/{key}")
def behind(key: int, db: Session = Depends(get_db)):
    order = find(db, 1)
    more(db, key)
    return [order.shop.name, [remark.id for remark in order.remarks]]
"""


def test_read_behind_a_refresh_of_another(tmp_path: Path) -> None:
    requests = [("POST", "/fill"), ("POST", "/before/1"), ("POST", "/behind/1"), ("POST", "/behind/2")]
    done = prove(tmp_path, {"models.py": MODELS + TABLES, "main.py": MAIN}, requests)
    assert "in await order.awaitable_attrs.remarks]" in done["main.py"]
    assert "(await order.awaitable_attrs.shop).name" in done["main.py"]
    assert "joinedload(Order.shop)" in done["main.py"]
    assert "    name = order.shop.name" in done["main.py"]
