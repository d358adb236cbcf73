"""Classes of a domain that know nothing of the database, mapped from outside: repository, unit of work, handlers."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

DOMAIN = """
class Product:
    def __init__(self, sku, batches=()):
        self.sku = sku
        self.batches = list(batches)
        self.version = 0
        self.events = []

    def allocate(self, line):
        batch = next((b for b in sorted(self.batches, key=lambda b: b.reference) if b.left >= line.amount), None)
        if batch is None:
            self.events.append(f"out of {self.sku}")
            return None
        batch.lines.add(line)
        self.version += 1
        return batch.reference


class Batch:
    def __init__(self, reference, amount):
        self.reference = reference
        self.amount = amount
        self.lines = set()

    @property
    def left(self):
        return self.amount - sum(line.amount for line in self.lines)


class Line:
    def __init__(self, order, amount):
        self.order = order
        self.amount = amount
"""
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table, event
from sqlalchemy.orm import registry, relationship

from domain import Batch, Line, Product

mapper_registry = registry()
Base = mapper_registry

products = Table(
    "products", mapper_registry.metadata, Column("sku", String, primary_key=True), Column("version", Integer)
)
batches = Table(
    "batches",
    mapper_registry.metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String),
    Column("amount", Integer),
    Column("sku", ForeignKey("products.sku")),
)
lines = Table(
    "lines",
    mapper_registry.metadata,
    Column("id", Integer, primary_key=True),
    Column("order", String),
    Column("amount", Integer),
)
allocations = Table(
    "allocations",
    mapper_registry.metadata,
    Column("line_id", ForeignKey("lines.id"), primary_key=True),
    Column("batch_id", ForeignKey("batches.id"), primary_key=True),
)

lines_mapper = mapper_registry.map_imperatively(Line, lines)
batches_mapper = mapper_registry.map_imperatively(
    Batch,
    batches,
    properties={
        "lines": relationship(lines_mapper, secondary=allocations, collection_class=set),
        "product": relationship("Product", back_populates="batches"),
    },
)
mapper_registry.map_imperatively(
    Product, products, properties={"batches": relationship(batches_mapper, back_populates="product")}
)


@event.listens_for(Product, "load")
def loaded(product, _):
    product.events = []
"""
FILLING = """
import models
from domain import Batch, Product


def fill(db):
    db.add(Product("lamp", [Batch("b1", 10), Batch("b2", 5)]))
"""
APP = """
import abc

from fastapi import FastAPI, HTTPException
from sqlalchemy.orm import Session

import models
from db import SessionLocal
from domain import Batch, Line, Product

app = FastAPI()


class Products(abc.ABC):
    @abc.abstractmethod
    def get(self, sku):
        ...


class SqlProducts(Products):
    def __init__(self, session: Session):
        self.session = session

    def get(self, sku):
        return self.session.query(Product).filter_by(sku=sku).first()

    def of_batch(self, reference):
        return self.session.query(Batch).filter(models.batches.c.reference == reference).first()


class UnitOfWork:
    def __enter__(self):
        self.session = SessionLocal()
        self.products = SqlProducts(self.session)
        return self

    def __exit__(self, *arguments):
        self.session.rollback()
        self.session.close()

    def commit(self):
        self.session.commit()


def allocate(uow, sku, order, amount):
    with uow:
        product = uow.products.get(sku)
        if product is None:
            raise LookupError(sku)
        reference = product.allocate(Line(order, amount))
        uow.commit()
        return reference, product.events


@app.post("/allocations")
def add(sku: str, order: str, amount: int):
    try:
        reference, events = allocate(UnitOfWork(), sku, order, amount)
    except LookupError as error:
        raise HTTPException(404, str(error))
    return [reference, events]


@app.get("/products/{sku}")
def show(sku: str):
    with UnitOfWork() as uow:
        product = uow.products.get(sku)
        return [product.version, sorted([batch.reference, batch.left] for batch in product.batches)]


@app.get("/batches/{reference}")
def batch(reference: str):
    with UnitOfWork() as uow:
        found = uow.products.of_batch(reference)
        return [found.product.sku, sorted(line.order for line in found.lines)]
"""


def test_domain_classes_are_models(tmp_path: Path) -> None:
    files = {"domain.py": DOMAIN, "models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    added = [("POST", f"/allocations?sku={sku}&order=o{amount}&amount={amount}") for sku, amount in CASES]
    requests = [("GET", "/products/lamp"), *added, ("GET", "/products/lamp"), ("GET", "/batches/b1")]
    done = prove(tmp_path, files, requests)
    assert "selectinload(Product.batches).selectinload(Batch.lines)" in done["main.py"]
    assert done["domain.py"] == DOMAIN


CASES = [("lamp", 8), ("lamp", 5), ("lamp", 9), ("none", 1)]


TABLES = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import registry, relationship

Base = registry()
posts = Table(
    "posts",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String),
    Column("user_id", ForeignKey("users.id")),
)


@Base.mapped
class User:
    __table__ = Table(
        "users",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("age", Integer),
    )
    posts = relationship("Post", back_populates="author", order_by=posts.c.id)


@Base.mapped
class Post:
    __table__ = posts
    author = relationship("User", back_populates="posts")
"""


def test_classes_that_name_a_table_have_its_columns_and_keys(tmp_path: Path) -> None:
    app = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


@app.get("/posts/{key}")
def post(key: int, db: Session = Depends(get_db)):
    found = db.get(Post, key)
    return [found.title, found.author.name, [one.title for one in found.author.posts]]
"""
    done = prove(tmp_path, {"models.py": TABLES, "main.py": app}, [("GET", "/posts/1")])["main.py"]
    assert "joinedload(Post.author).selectinload(User.posts)" in done


TREE = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import registry, relationship

Base = registry()
nodes = Table(
    "nodes",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("parent_id", ForeignKey("nodes.id")),
)


class Node:
    def __init__(self, name, children=()):
        self.name = name
        self.children = list(children)


Base.map_imperatively(
    Node,
    nodes,
    properties={
        "children": relationship("Node", back_populates="parent", order_by=nodes.c.id),
        "parent": relationship("Node", back_populates="children", remote_side=nodes.c.id),
    },
)
"""
TREE_FILLING = """
from models import Node


def fill(db):
    db.add(Node("a", [Node("b"), Node("c")]))
"""


def test_a_table_with_a_key_of_itself_has_many_below_and_one_above(tmp_path: Path) -> None:
    app = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Node

app = FastAPI()


@app.get("/nodes/{name}")
def node(name: str, db: Session = Depends(get_db)):
    found = db.scalars(select(Node).where(Node.name == name)).one()
    return [found.name, [one.name for one in found.children]]


@app.get("/above/{name}")
def above(name: str, db: Session = Depends(get_db)):
    return db.scalars(select(Node).where(Node.name == name)).one().parent.name
"""
    files = {"models.py": TREE, "filling.py": TREE_FILLING, "main.py": app}
    done = prove(tmp_path, files, [("GET", "/nodes/a"), ("GET", "/above/c")])["main.py"]
    assert "selectinload(Node.children)" in done
    assert "joinedload(Node.parent)" in done


def test_what_stands_above_is_one_object_however_its_column_is_written(tmp_path: Path) -> None:
    """Columns of a table that has a key of itself, and the primary key of a subclass, which is one of its base."""
    models = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Node(Base):
    __table__ = Table(
        "nodes",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String),
        Column("parent_id", ForeignKey("nodes.id")),
    )
    parent = relationship("Node", remote_side=[__table__.c.id], viewonly=True)
    children = relationship("Node", remote_side=lambda: Node.__table__.c.parent_id, order_by=__table__.c.id)


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Worker(Person):
    __tablename__ = "workers"
    id = Column(ForeignKey("people.id"), primary_key=True)
    boss_id = Column(ForeignKey("workers.id"))
    boss = relationship("Worker", foreign_keys=[boss_id], remote_side=[id], viewonly=True)
    team = relationship("Worker", foreign_keys=[boss_id], remote_side=lambda: Worker.boss_id, order_by="Worker.id")
    __mapper_args__ = {"inherit_condition": id == Person.id}
"""
    filling = """
from models import Node, Worker


def fill(db):
    db.add(Node(name="a", children=[Node(name="b"), Node(name="c")]))
    db.add(Worker(name="a", team=[Worker(name="b"), Worker(name="c")]))
"""
    app = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Node, Worker

app = FastAPI()


@app.get("/nodes/{name}")
def node(name: str, db: Session = Depends(get_db)):
    found = db.scalars(select(Node).where(Node.name == name)).one()
    return [found.name, [one.name for one in found.children]]


@app.get("/nodes/{name}/above")
def above(name: str, db: Session = Depends(get_db)):
    return db.scalars(select(Node).where(Node.name == name)).one().parent.name


@app.get("/workers/{name}")
def worker(name: str, db: Session = Depends(get_db)):
    found = db.scalars(select(Worker).where(Worker.name == name)).one()
    return [found.name, [one.name for one in found.team]]


@app.get("/workers/{name}/boss")
def boss(name: str, db: Session = Depends(get_db)):
    return db.scalars(select(Worker).where(Worker.name == name)).one().boss.name
"""
    requests = [("GET", f"/{url}") for url in ("nodes/a", "nodes/b/above", "workers/a", "workers/c/boss")]
    done = prove(tmp_path, {"models.py": models, "filling.py": filling, "main.py": app}, requests)["main.py"]
    for option in ("selectinload(Node.children)", "selectinload(Worker.team)"):
        assert option in done
    for option in ("joinedload(Node.parent)", "joinedload(Worker.boss)"):
        assert option in done
