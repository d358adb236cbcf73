"""Relationships that a mixin makes for each class that has it, and the names that it makes for their other ends."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import backref, declarative_base, declared_attr, relationship

Base = declarative_base()


class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(Integer, ForeignKey("users.id"))

    @declared_attr
    def owner(cls):
        return relationship("User", backref=f"owned_{cls.__tablename__}", foreign_keys=[cls.owner_id])

    @declared_attr
    def editor_id(cls):
        return Column(Integer, ForeignKey("users.id"))

    @declared_attr
    def editor(cls):
        return relationship(
            "User", backref=backref(cls.__name__.lower() + "_edits", order_by=cls.id), foreign_keys=[cls.editor_id]
        )

    def owner_name(self):
        return self.owner.name if self.owner else None


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Post(Owned, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)


class Page(Owned, Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)
    title = Column(String)
"""
FILLING = """
from models import Page, Post, User


def fill(db):
    ann, bob = User(id=1, name="ann"), User(id=2, name="bob")
    db.add_all([ann, bob, Post(id=1, title="one", owner=ann), Post(id=2, title="two", editor=ann)])
    db.add_all([Page(id=1, title="home", owner=ann, editor=bob), Page(id=2, title="about", editor=bob)])
"""
APP = """
from typing import List, Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, model_validator

from db import get_db
from models import Page, Post, User

app = FastAPI()


class PageOut(BaseModel):
    title: str
    owner: Optional[str] = None

    @model_validator(mode="before")
    @classmethod
    def load(cls, value):
        if isinstance(value, Page):
            return {"title": value.title, "owner": value.owner_name()}
        return value


@app.get("/users/{key}")
def user(key: int, db=Depends(get_db)):
    found = db.query(User).get(key)
    owned = [post.title for post in found.owned_posts] + [page.title for page in found.owned_pages]
    return [owned, [post.title for post in found.post_edits], [page.owner_name() for page in found.page_edits]]


@app.get("/pages", response_model=List[PageOut])
def pages(db=Depends(get_db)):
    return db.query(Page).order_by(Page.id).all()
"""


def test_mixins_name_the_other_end_for_each_class(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    done = prove(tmp_path, files, [("GET", "/users/1"), ("GET", "/users/2"), ("GET", "/pages")])["main.py"]
    assert "found.owned_posts" in done
