"""Annotations and defaults of parameters see the names around a function, not its parameters."""

from __future__ import annotations

from pathlib import Path

from .harness import prove
from .test_sessions import HEAD

USER = """\
from db import get_db
from models import User
from pydantic import BaseModel


class New(BaseModel):
    name: str


class Users:
    def __init__(self, db):
        self.db = db

    def named(self, name):
        return self.db.query(User).filter(User.name == name).count()
"""


def test_parameters_named_like_what_gives_them(tmp_path: Path) -> None:
    main = """
from typing import Annotated

import user


def db():
    yield from get_db()


def first(session: Session = Depends(get_db)):
    return session.query(User).filter(User.id == 1).one()


def users(session: Session = Depends(get_db)) -> user.Users:
    return user.Users(session)


@app.get("/count")
def count(db=Depends(db)):
    return db.query(User).count()


@app.get("/posts/{key}")
def posts(key: int, first: Annotated[User, Depends(first)], db: Session = Depends(get_db)):
    found = db.get(User, key)
    return [first.name, [post.title for post in found.posts]]


@app.get("/named/{name}")
def named(name: str, users=Depends(users)):
    return users.named(name)


@app.post("/users")
def create(user: user.New, db: Session = Depends(get_db)):
    made = User(name=user.name)
    db.add(made)
    db.commit()
    return made.id
"""
    requests = [
        ("GET", "/count"),
        ("GET", "/posts/1"),
        ("GET", "/posts/2"),
        ("GET", "/named/a"),
        ("POST", "/users", {"name": "n"}),
    ]
    prove(tmp_path, {"user.py": USER, "main.py": HEAD + main}, requests)


def test_dependencies_in_annotations_that_are_texts(tmp_path: Path) -> None:
    main = """
from typing import Annotated


def by_key(key: int, db: "Annotated[Session, Depends(get_db)]"):
    return db.get(User, key)


@app.get("/users/{key}")
def read(user: "Annotated[User, Depends(by_key)]", db: "Annotated[Session, Depends(get_db)]"):
    return [user.name, [post.title for post in user.posts], db.query(User).count()]
"""
    prove(tmp_path, HEAD + main, [("GET", "/users/1"), ("GET", "/users/2")])
