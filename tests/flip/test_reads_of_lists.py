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


HELD = f"""{HEAD}

class Store:
    def __init__(self, db: Session):
        self.db = db

    def get(self, key):
        return self.db.get(User, key)

    def give(self, user: User, title):
        self.db.add(Post(title=title, user_id=user.id))
        self.db.commit()
        return len(user.posts)

    def older(self, user: User):
        self.db.commit()
        user.age += 1


def get_store(db: Session = Depends(get_db)):
    return Store(db)


@app.post("/held", response_model=Full)
def held(store: Store = Depends(get_store)):
    user = store.get(1)
    store.give(user, "more")
    store.give(user, "most")
    return user


@app.post("/waiting")
def waiting(store: Store = Depends(get_store)):
    user = store.get(1)
    store.db.add(Post(title="last", user_id=2))
    store.older(user)
    store.older(user)
    shown = [user.age, len(user.posts)]
    store.db.commit()
    return [shown, user.age]
"""


def test_columns(tmp_path: Path) -> None:
    names = ("answered", "validated", "read", "taken", "mixed")
    migrated = prove(tmp_path, COLUMNS, [("POST", f"/{name}") for name in names])
    assert "for user in users:\n        await db.refresh(user)\n    return users" in migrated["main.py"]


def test_relationships(tmp_path: Path) -> None:
    names = ("answered", "one", "read", "described")
    migrated = prove(tmp_path, RELATED, [("POST", f"/{name}") for name in names])
    assert "select(User).order_by(User.id)" in migrated["main.py"]  # the posts are not loaded twice


def test_a_session_that_an_object_shows(tmp_path: Path) -> None:
    migrated = prove(tmp_path, HELD, [("POST", "/held"), ("POST", "/waiting"), ("POST", "/waiting")])
    assert "await store.db.refresh(user)" in migrated["main.py"]
