"""Rows that are locked: what is joined to one would be locked too, and PostgreSQL refuses that for an outer join."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import SessionLocal, engine, get_db
from models import Base, Post, User

app = FastAPI()


def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add(User(name="ann", posts=[Post(title="one")]))
        db.commit()


fill()


@app.get("/locked/{key}")
def locked(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key, with_for_update=True)
    return [post.title, post.author.name]


@app.get("/by-keys/{key}")
def by_keys(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key, with_for_update={"nowait": True})
    return [post.title, post.author.name]


@app.get("/free/{key}")
def free(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, key, with_for_update=None)
    return [post.title, post.author.name]
"""


def test_nothing_is_joined_to_a_row_that_a_lookup_locks(tmp_path: Path) -> None:
    done = prove(tmp_path, MAIN, [("GET", f"/{name}/1") for name in ("locked", "by-keys", "free")])
    locked, by_keys, free = done["main.py"].split("@app.get")[1:]
    assert "selectinload(Post.author)" in locked and "joinedload" not in locked
    assert "selectinload(Post.author)" in by_keys and "joinedload" not in by_keys
    assert "joinedload(Post.author)" in free
