"""Rows of nobody knows which class: a repository whose model comes from anywhere."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MAIN = """\
from typing import Any, Generic, TypeVar, get_args
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from db import get_db
from models import Base, Post, User
app = FastAPI()
M = TypeVar("M", bound=Base)


class Page(Generic[M]):
    def __init__(self, items: list[M], total: int):
        self.items, self.total = items, total


class Repo(Generic[M]):
    model: Any

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        cls.model = get_args(cls.__orig_bases__[0])[0]

    def __init__(self, db: Session):
        self.db = db

    def all(self):
        return self.db.scalars(select(self.model).order_by(self.model.id)).all()

    def page(self, size: int) -> Page[M]:
        total = self.db.scalar(select(func.count()).select_from(self.model))
        return Page(list(self.db.scalars(select(self.model).order_by(self.model.id).limit(size))), total)

    def legacy(self):
        return self.db.query(self.model).order_by(self.model.id).all()


class Users(Repo[User]):
    pass


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str

class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]

class UserBrief(BaseModel):
    name: str
    age: int

class PageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    items: list[UserOut]
    total: int


def repo(db: Session = Depends(get_db)):
    return Users(db)


@app.get("/all", response_model=list[UserOut])
def every(repo: Users = Depends(repo)):
    return repo.all()

@app.get("/legacy", response_model=list[UserOut])
def legacy(repo: Users = Depends(repo)):
    users = repo.legacy()
    return users

@app.get("/brief", response_model=list[UserBrief])
def brief(repo: Users = Depends(repo)):
    return repo.all()

@app.get("/page", response_model=PageOut)
def page(repo: Users = Depends(repo)):
    return repo.page(2)

@app.get("/items", response_model=list[UserOut])
def items(repo: Users = Depends(repo)):
    return repo.page(2).items
"""


def test_their_answers_are_validated_in_the_greenlet(tmp_path: Path) -> None:
    """Where the schema reads what may load itself; no others."""
    paths = ["/all", "/legacy", "/brief", "/page", "/items"]
    made = prove(tmp_path, MAIN, [("GET", path) for path in paths])
    assert made["main.py"].count("await greenlet_spawn(") == 4
