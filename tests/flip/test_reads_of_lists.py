"""Lists that were loaded before a commit: a sync session loads their instances again when they are read."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

HEAD = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()
OLDER = text("update users set age = age + 1")


class PostOut(BaseModel):
    id: int
    model_config = {"from_attributes": True}


class Out(BaseModel):
    id: int
    age: int
    model_config = {"from_attributes": True}


class Full(Out):
    posts: list[PostOut]
"""

COLUMNS = f"""{HEAD}

@app.post("/answered", response_model=list[Out])
def answered(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.execute(OLDER)
    db.commit()
    return users


@app.post("/validated")
def validated(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.execute(OLDER)
    db.commit()
    return {{"users": [Out.model_validate(user) for user in users]}}


@app.post("/read")
def read(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.execute(OLDER)
    db.commit()
    return [user.age for user in users if user.age]


@app.post("/taken")
def taken(db: Session = Depends(get_db)):
    user = db.query(User).order_by(User.id).all()
    db.execute(OLDER)
    db.commit()
    return [one.age for one in user]


@app.post("/mixed")
def mixed(db: Session = Depends(get_db)):
    user = db.get(User, 1)
    shown = ["user", user.age]
    found = [user, 3]
    more = [user]
    more.append("end")
    db.execute(OLDER)
    db.commit()
    return [shown, len(found), len(more)]
"""

RELATED = f"""{HEAD}

def described(users):
    return [len(user.posts) for user in users]


@app.post("/answered", response_model=list[Full])
def answered(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    for user in users:
        db.add(Post(title="more", user_id=user.id))
    db.commit()
    return users


@app.post("/one", response_model=list[Full])
def one(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.add(Post(title="more", user_id=users[0].id))
    db.commit()
    return users


@app.post("/read")
def read(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.add(Post(title="more", user_id=2))
    db.commit()
    return [[post.title for post in user.posts] for user in users]


@app.post("/described")
def handed(db: Session = Depends(get_db)):
    users = db.query(User).order_by(User.id).all()
    db.add(Post(title="more", user_id=2))
    db.commit()
    return described(users)
"""


def test_columns(tmp_path: Path) -> None:
    names = ("answered", "validated", "read", "taken", "mixed")
    migrated = prove(tmp_path, COLUMNS, [("POST", f"/{name}") for name in names])
    assert "for user in users:\n        await db.refresh(user)\n    return users" in migrated["main.py"]


def test_relationships(tmp_path: Path) -> None:
    names = ("answered", "one", "read", "described")
    migrated = prove(tmp_path, RELATED, [("POST", f"/{name}") for name in names])
    assert "select(User).order_by(User.id)" in migrated["main.py"]  # the posts are not loaded twice
