"""What only subclasses have, read from instances that are loaded as their base."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import Optional
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    def to_dict(self, *skip):
        return {c.key: getattr(self, c.key) for c in self.__mapper__.column_attrs if c.key not in skip}


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "product"}


class Physical(Product):
    __tablename__ = "physicals"
    id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    weight: Mapped[int] = mapped_column(default=1)
    shelves: Mapped[list["Shelf"]] = relationship(order_by="Shelf.id")
    __mapper_args__ = {"polymorphic_identity": "physical"}

    @property
    def in_stock(self):
        return sum(s.amount for s in self.shelves)

    @property
    def heavy(self):
        return self.weight > 3


class Service(Product):
    hours: Mapped[Optional[int]]
    __mapper_args__ = {"polymorphic_identity": "service"}

    @property
    def in_stock(self):
        return 0


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("physicals.id"))
"""
FILLING = """\
from models import Physical, Service, Shelf


def fill(db):
    shelves = [Shelf(amount=1), Shelf(amount=2)]
    db.add_all([Physical(id=1, name="a", weight=5, shelves=shelves), Physical(id=2, name="b")])
    db.add(Service(id=3, name="c", hours=2))
"""
MAIN = """\
from typing import Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Product, Physical
app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    in_stock: int
    heavy: Optional[bool] = None


@app.get("/all", response_model=list[Out])
def every(db: Session = Depends(get_db)):
    return db.scalars(select(Product).order_by(Product.id)).all()


@app.get("/one/{key}", response_model=Out)
def one(key: int, db: Session = Depends(get_db)):
    return db.get(Product, key)


@app.get("/python")
def python(db: Session = Depends(get_db)):
    return [p.in_stock for p in db.scalars(select(Product).order_by(Product.id))]


@app.get("/dicts")
def dicts(db: Session = Depends(get_db)):
    return [p.to_dict() for p in db.scalars(select(Product).order_by(Product.id))]


def find(model, key, db):
    return db.get(model, key)


@app.get("/dict/{key}")
def one_dict(key: int, db: Session = Depends(get_db)):
    found = find(Product, key, db)
    return found.to_dict("kind")


def found(db: Session, key: int) -> Product:
    return db.execute(select(Product).where(Product.id == key)).one()[0]


@app.get("/again/{key}")
def again(key: int, db: Session = Depends(get_db)):
    return found(db, key).to_dict()


@app.get("/named/{key}")
def named(key: int, db: Session = Depends(get_db)):
    found = db.query(Product).filter(Product.id == key).first()
    return [getattr(found, "weight", None), hasattr(found, "hours")]


@app.get("/heavy", response_model=list[Out])
def heavy(db: Session = Depends(get_db)):
    return [p for p in db.scalars(select(Physical).order_by(Physical.id)) if p.heavy]
"""


def test_properties_and_columns_of_subclasses(tmp_path: Path) -> None:
    paths = ["/all", "/one/1", "/one/3", "/python", "/heavy", "/dicts", "/dict/1", "/dict/3", "/again/2"]
    paths += ["/named/1", "/named/3"]
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}
    prove(tmp_path, files, [("GET", path) for path in paths])
