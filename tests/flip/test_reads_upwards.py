"""A refresh by name loads no instance of the same class: `refresh(node, ["parent"])`."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Node"]] = relationship(back_populates="parent")
    labels: Mapped[list["Label"]] = relationship(back_populates="node")


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))
    node: Mapped["Node"] = relationship(back_populates="labels")
"""
APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Label, Node

Base.metadata.create_all(engine)
app = FastAPI()


@app.post("/nodes")
def add(name: str, parent_id: int | None = None, db: Session = Depends(get_db)):
    node = Node(name=name, parent_id=parent_id, labels=[Label(text="new"), Label(text="hot")])
    db.add(node)
    db.commit()
    db.refresh(node)
    labels = [[label.text, label.node.name] for label in node.labels]
    return {"labels": labels, "parent": node.parent.name if node.parent else None}
"""


def test_what_cannot_be_named_is_awaited_where_it_is_read(tmp_path: Path) -> None:
    files = {"main.py": APP, "models.py": MODELS, "filling.py": "def fill(db):\n    pass\n"}
    done = prove(tmp_path, files, [("POST", "/nodes?name=a"), ("POST", "/nodes?name=b&parent_id=1")])
    assert 'await db.refresh(node, ["labels"])\n' in done["main.py"]
    assert "node.awaitable_attrs.parent" in done["main.py"]
