"""Trees: what is read as deep as they are loads itself in the greenlet; what is read so far is loaded so far."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from typing import List, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped[Optional["Node"]] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[List["Node"]] = relationship(back_populates="parent", order_by="Node.id")

    def dump(self):
        return {"name": self.name, "children": [child.dump() for child in self.children]}

    @property
    def path(self):
        return (self.parent.path + "/" if self.parent else "") + self.name
"""
FILLING = """\
from models import Node


def fill(db):
    node = None
    for name in "hgfedcba":
        node = Node(name=name, children=[node] if node else [])
    db.add(Node(id=1, name="root", children=[node, Node(name="leaf")]))
"""
HEAD = """\
from typing import List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Node

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


def last(db: Session) -> Node:
    return db.scalars(select(Node).where(Node.name == "h")).one()

"""


def app(text: str) -> dict[str, str]:
    return {"models.py": MODELS, "filling.py": FILLING, "main.py": HEAD + text}


def test_walks_in_code(tmp_path: Path) -> None:
    """Recursion of functions, methods and properties, and loops."""
    text = """

def walk(node):
    return [node.name, [walk(child) for child in node.children]]


def depth(node):
    if not node.children:
        return 1
    return 1 + max(depth(child) for child in node.children)


@app.get("/walk")
def walked(db: Session = Depends(get_db)):
    return walk(db.get(Node, 1))


@app.get("/depth")
def deep(db: Session = Depends(get_db)):
    return [depth(node) for node in db.scalars(select(Node).where(Node.parent_id.is_(None))).all()]


@app.get("/above")
def above(db: Session = Depends(get_db)):
    names, node = [], last(db)
    while node is not None:
        names.append(node.name)
        node = node.parent
    return names


@app.get("/stack")
def stack(db: Session = Depends(get_db)):
    names, stack = [], [db.get(Node, 1)]
    while stack:
        node = stack.pop()
        names.append(node.name)
        stack.extend(node.children)
    return names


@app.get("/dump")
def dump(db: Session = Depends(get_db)):
    return db.get(Node, 1).dump()


@app.get("/path")
def path(db: Session = Depends(get_db)):
    return last(db).path


@app.get("/two")
def two(db: Session = Depends(get_db)):
    root = db.get(Node, 1)
    return [[below.name for below in child.children] for child in root.children]
"""
    urls = "/walk /depth /above /stack /dump /path /two"
    after = prove(tmp_path, app(text), [("GET", url) for url in urls.split()])["main.py"]
    assert "options=[selectinload(Node.children).selectinload(Node.children)]" in after.partition("def two")[2]


def test_schemas_of_themselves(tmp_path: Path) -> None:
    text = """

class Below(Out):
    children: List["Below"] = []


class Above(Out):
    parent: Optional["Above"] = None


class Placed(Out):
    path: str


@app.get("/below/{key}", response_model=Below)
def below(key: int, db: Session = Depends(get_db)):
    return db.get(Node, key)


@app.get("/roots", response_model=List[Below])
def roots(db: Session = Depends(get_db)):
    return db.scalars(select(Node).where(Node.parent_id.is_(None))).all()


@app.get("/above")
def above(db: Session = Depends(get_db)):
    return Above.model_validate(last(db))


@app.get("/placed", response_model=Placed)
def placed(db: Session = Depends(get_db)):
    return last(db)
"""
    prove(tmp_path, app(text), [("GET", url) for url in ("/below/1", "/roots", "/above", "/placed")])
