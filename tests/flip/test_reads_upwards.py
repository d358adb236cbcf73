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


ONE_TO_ONE = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    above_id = Column(Integer, ForeignKey("users.id"))
    profile = relationship("Profile", uselist=False, backref="user")
    below = relationship("User", order_by="User.id")

    @property
    def below_names(self):
        return [user.name for user in self.below]


class Profile(Base):
    __tablename__ = "profiles"
    id = Column(Integer, primary_key=True)
    text = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
"""


def test_the_other_side_of_one_object_is_one_object(tmp_path: Path) -> None:
    main = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Profile, User

app = FastAPI()


@app.get("/profiles")
def profiles(db: Session = Depends(get_db)):
    found = db.query(Profile).order_by(Profile.id).all()
    return [[p.text, p.user.below_names, p.user.profile.text] for p in found if p.user]


@app.get("/below")
def below(db: Session = Depends(get_db)):
    return [[u.name for u in p.user.below] for p in db.query(Profile).order_by(Profile.id) if p.user]
"""
    filling = """\
from models import Profile, User


def fill(db):
    db.add_all([User(id=1, name="a"), User(id=2, name="b", above_id=1)])
    db.add_all([Profile(id=1, text="x", user_id=1), Profile(id=2, text="y", user_id=2), Profile(id=3, text="z")])
"""
    files = {"models.py": ONE_TO_ONE, "filling.py": filling, "main.py": main}
    prove(tmp_path, files, [("GET", "/profiles"), ("GET", "/below")])
