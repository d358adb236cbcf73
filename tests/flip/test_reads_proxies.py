"""Association proxies of collections in code: they load when they are read, and once more for each element."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Link(Base):
    __tablename__ = "links"
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    tag: Mapped[Tag] = relationship()

    @property
    def label(self):
        return self.tag.name


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    links: Mapped[list[Link]] = relationship(cascade="all, delete-orphan", order_by="Link.tag_id")
    tags: AssociationProxy[list[Tag]] = association_proxy("links", "tag", creator=lambda tag: Link(tag=tag))
    labels: AssociationProxy[list[str]] = association_proxy("links", "label")
"""
FILLING = """\
from models import Product, Tag


def fill(db):
    red, blue = Tag(name="red"), Tag(name="blue")
    db.add_all([Product(id=1, name="a", tags=[red, blue]), Product(id=2, name="b", tags=[blue])])
    db.add(Product(id=3, name="c"))
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Link, Product, Tag

app = FastAPI()


def find(model, key, db):
    return db.get(model, key)


def add_tag(db: Session, product: Product, *names: str) -> Product:
    have = set(product.labels)
    for name in names:
        if name not in have:
            tag = db.scalar(select(Tag).where(Tag.name == name)) or Tag(name=name)
            product.tags.append(tag)
    db.flush()
    return product


def names_of(product: Product):
    return sorted(product.labels)


def shown(product: Product, name: str):
    return name in product.labels, len(product.tags), [t.name for t in product.tags]


def upper(product: Product):
    found = []
    for label in product.labels:
        found.append(label.upper())
    return found


def drop(product: Product, name: str):
    product.tags.remove(next(t for t in product.tags if t.name == name))


class Shop:
    def get(self, key: int, db) -> Product:
        return db.get(self.model(), key)

    def model(self):
        return globals()["Product"]


@app.get("/shop/{key}")
def shop(key: int, db: Session = Depends(get_db)):
    product = Shop().get(key, db)
    return names_of(product), shown(product, "red"), upper(product)


@app.delete("/shop/{key}/{name}")
def shop_drop(key: int, name: str, db: Session = Depends(get_db)):
    product = Shop().get(key, db)
    drop(product, name)
    db.commit()
    return names_of(product)


@app.post("/tag/{key}")
def tag(key: int, name: str, db: Session = Depends(get_db)):
    product = add_tag(db, find(Product, key, db), name)
    db.commit()
    return ", ".join(product.labels)


@app.get("/has/{key}/{name}")
def has(key: int, name: str, db: Session = Depends(get_db)):
    product = find(Product, key, db)
    return name in product.labels, len(product.tags), [t.name for t in product.tags]


@app.get("/loop/{key}")
def loop(key: int, db: Session = Depends(get_db)):
    product = find(Product, key, db)
    found = []
    for label in product.labels:
        found.append(label.upper())
    return sorted(found), list(product.labels)


@app.get("/all")
def every(db: Session = Depends(get_db)):
    return {p.name: list(p.labels) for p in db.scalars(select(Product).order_by(Product.id))}


@app.delete("/tag/{key}/{name}")
def untag(key: int, name: str, db: Session = Depends(get_db)):
    product = find(Product, key, db)
    product.tags.remove(next(t for t in product.tags if t.name == name))
    db.commit()
    return list(product.labels)
"""


def test_proxies_are_looked_into_in_the_greenlet(tmp_path: Path) -> None:
    requests = [
        ("GET", "/shop/1"),
        ("GET", "/shop/3"),
        ("DELETE", "/shop/1/red"),
        ("GET", "/all"),
        ("POST", "/tag/1?name=new"),
        ("POST", "/tag/3?name=red"),
        ("GET", "/has/2/blue"),
        ("GET", "/has/2/red"),
        ("GET", "/loop/1"),
        ("DELETE", "/tag/1/new"),
        ("GET", "/all"),
    ]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}, requests)
