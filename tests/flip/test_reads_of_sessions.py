"""Instances of sessions that functions open for themselves: a session of the same name elsewhere is another one."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

APP = """\
from fastapi import FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal
from models import Post, User

app = FastAPI()


def make_user(name):
    with SessionLocal() as db:
        user = User(name=name)
        db.add(user)
        db.commit()
        db.refresh(user)
        return user


def make_post(user):
    with SessionLocal() as db:
        db.query(User).filter(User.id == user.id).update({"age": 5})
        db.add(Post(user_id=user.id, title="new"))
        db.commit()


@app.post("/users")
def add(name: str):
    user = make_user(name)
    make_post(user)
    shown = {"name": user.name, "age": user.age}
    with SessionLocal() as db:
        found = db.get(User, user.id)
        return [shown, found.age, [post.title for post in found.posts]]


@app.post("/twice")
def twice(name: str):
    with SessionLocal() as db:
        first = User(name=name)
        db.add(first)
        db.commit()
        db.refresh(first)
    make_post(first)
    shown = [first.age]
    with SessionLocal() as db:
        return shown + [db.get(User, first.id).age]
"""


def test_a_name_that_is_bound_further_down_or_twice(tmp_path: Path) -> None:
    prove(tmp_path, APP, [("POST", "/users?name=a"), ("POST", "/twice?name=b")])
