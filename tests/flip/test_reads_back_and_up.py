"""Trees whose nodes have things of their own, which lead back to the node and from there upwards."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped[Optional["Node"]] = relationship(remote_side="Node.id", back_populates="children")
    children: Mapped[list["Node"]] = relationship(back_populates="parent", order_by="Node.id")
    leaves: Mapped[list["Leaf"]] = relationship(back_populates="node", order_by="Leaf.id")


class Leaf(Base):
    __tablename__ = "leaves"
    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))
    node: Mapped[Node] = relationship(back_populates="leaves")
"""
FILLING = """\
from models import Base, Leaf, Node


def fill(db):
    top = Node(id=1, name="top")
    db.add_all([top, Node(id=2, name="inner", parent=top, leaves=[Leaf(id=1)])])
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Leaf, Node

app = FastAPI()


@app.put("/nodes/{key}")
def put(key: int, db: Session = Depends(get_db)):
    node = db.get(Node, key)
    for one in db.query(Node).order_by(Node.id).all():
        one.name = one.name + str(len(one.children))
    db.commit()
    db.refresh(node)
    return {
        "leaves": [leaf.node.parent.name if leaf.node.parent else None for leaf in node.leaves],
        "parent": node.parent.name if node.parent else None,
        "children": len(node.children),
    }


@app.post("/nodes")
def add(db: Session = Depends(get_db)):
    node = Node(name="new", parent_id=1)
    db.add(node)
    db.flush()
    db.add(Leaf(node_id=node.id))
    db.flush()
    return {
        "leaves": [leaf.node.parent.name if leaf.node.parent else None for leaf in node.leaves],
        "parent": node.parent.name if node.parent else None,
        "children": len(node.children),
    }
"""


def test_what_leads_back_and_up_does_not_wait_for_a_later_read(tmp_path: Path) -> None:
    """No refresh loads a parent by its name, so it is awaited where it is read: the leaves read it before that."""
    requests = [("PUT", "/nodes/2"), ("POST", "/nodes"), ("PUT", "/nodes/1")]
    prove(tmp_path, {"models.py": MODELS, "filling.py": FILLING, "main.py": MAIN}, requests)


INSERTED = """\
from fastapi import Depends, FastAPI
from sqlalchemy import insert
from sqlalchemy.orm import Session

from db import get_db
from models import Node

app = FastAPI()


@app.post("/nodes")
def add(db: Session = Depends(get_db)):
    node = Node(name="new")
    db.add(node)
    db.commit()
    db.execute(insert(Node), [{"name": "below", "parent_id": node.id}])
    if node.children:
        node.children.pop()
    node.name = node.parent.name if node.parent else "none"
    db.commit()
    return node.name


def put_below(db: Session, parent_id: int):
    db.execute(insert(Node), [{"name": "below", "parent_id": parent_id}])


@app.post("/pairs")
def add_pair(db: Session = Depends(get_db)):
    node = Node(name="pair")
    db.add(node)
    db.commit()
    put_below(db, node.id)
    names = [below.name for below in node.children]
    db.commit()
    return names


@app.get("/nodes")
def every(db: Session = Depends(get_db)):
    return [[node.name, node.parent_id] for node in db.query(Node).order_by(Node.id)]
"""


def test_a_statement_that_a_refresh_stands_before_writes_rows(tmp_path: Path) -> None:
    """The refresh is for the key in the statement; what is loaded with it lacks the row that the statement inserts."""
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": INSERTED}
    prove(tmp_path, files, [("POST", "/nodes"), ("POST", "/pairs"), ("GET", "/nodes")])
