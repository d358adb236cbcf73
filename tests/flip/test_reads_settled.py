"""New rows that their maker refreshes: a later commit leaves what they hold as the database has it."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """
from sqlalchemy import Column, Integer, Numeric, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    price = Column(Numeric(10, 2))
"""
HEAD = """
from decimal import Decimal

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.orm import Session

from db import get_db
from models import Item

app = FastAPI()


def text(item):
    return [item.name, str(item.price)]


def note(db: Session, name: str):
    db.add(Item(name=name))
    db.commit()


"""
FILES = {"models.py": MODELS, "filling.py": "def fill(db):\n    pass\n"}


def test_refreshed_by_the_maker(tmp_path: Path) -> None:
    app = HEAD + """
class Items:
    def __init__(self, db: Session):
        self.db = db

    def save(self, item):
        self.db.add(item)
        self.db.commit()
        self.db.refresh(item)
        return item


def make(db: Session, price: str):
    item = Item(name="a", price=Decimal(price))
    db.add(item)
    db.commit()
    db.refresh(item)
    return item


def tried(db: Session, price: str):
    item = Item(name="b", price=Decimal(price))
    try:
        db.add(item)
        db.commit()
        db.refresh(item)
    except ValueError:
        db.rollback()
        raise HTTPException(400)
    return item


def handed(db: Session, price: str):
    item = Item(name="c", price=Decimal(price))
    return Items(db).save(item)


@app.get("/made/{price}")
def made(price: str, db: Session = Depends(get_db)):
    item = make(db, price)
    note(db, "made")
    return text(item)


@app.get("/tried/{price}")
def try_it(price: str, db: Session = Depends(get_db)):
    item = tried(db, price)
    note(db, "tried")
    return text(item)


@app.get("/handed/{price}")
def hand(price: str, db: Session = Depends(get_db)):
    item = handed(db, price)
    note(db, "handed")
    return text(item)
"""
    requests = [("GET", f"/{path}/1.005") for path in ("made", "tried", "handed")]
    migrated = prove(tmp_path, {**FILES, "main.py": app}, requests)["main.py"]
    routes = migrated[migrated.index('@app.get("/made') :]
    assert "refresh" not in routes
    assert "populate_existing" not in routes


def test_not_refreshed_in_every_run(tmp_path: Path) -> None:
    app = HEAD + """
def early(db: Session, price: str, kept: bool):
    item = Item(name="a", price=Decimal(price))
    db.add(item)
    if kept:
        return item
    db.commit()
    db.refresh(item)
    return item


def named(db: Session, price: str):
    item = Item(name="b", price=Decimal(price))
    db.add(item)
    db.commit()
    db.refresh(item, ["name"])
    return item


def later(db: Session, price: str):
    item = Item(name="c", price=Decimal(price))
    db.add(item)
    db.commit()
    before = str(item.price)
    db.refresh(item)
    return [before, str(item.price)]


def again(db: Session, price: str):
    item = Item(name="d", price=Decimal(1))
    db.add(item)
    db.commit()
    db.refresh(item)
    item.price = Decimal(price)
    return item


@app.get("/early/{price}")
def make_early(price: str, kept: bool, db: Session = Depends(get_db)):
    item = early(db, price, kept)
    note(db, "early")
    return text(item)


@app.get("/named/{price}")
def make_named(price: str, db: Session = Depends(get_db)):
    item = named(db, price)
    note(db, "named")
    return text(item)


@app.get("/later/{price}")
def make_later(price: str, db: Session = Depends(get_db)):
    return later(db, price)


@app.get("/again/{price}")
def make_again(price: str, db: Session = Depends(get_db)):
    item = again(db, price)
    note(db, "again")
    return text(item)
"""
    requests = [("GET", "/early/1.005?kept=1"), ("GET", "/early/1.005?kept=0")]
    requests += [("GET", f"/{path}/1.005") for path in ("named", "later", "again")]
    prove(tmp_path, {**FILES, "main.py": app}, requests)
