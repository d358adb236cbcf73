"""Several functions refresh an instance: what the last of them empties is loaded behind it."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

HEAD = """
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


def create(db: Session, author: User):
    post = Post(title="t", author=author)
    db.add(post)
    db.commit()
    db.refresh(post)
    db.refresh(post, ["author"])
    return post


def update(db: Session, post: Post, data: dict):
    for key, value in data.items():
        setattr(post, key, value)
    db.commit()
    db.refresh(post)
    return post


def find(db: Session, key: int):
    return db.query(User).filter(User.id == key).first()


"""


def test_the_last_function_that_refreshes(tmp_path: Path) -> None:
    app = HEAD + """
@app.post("/kept/{key}")
def keep(key: int, db: Session = Depends(get_db)):
    post = create(db, find(db, key))
    return post.author.name


@app.post("/changed/{key}/{other}")
def change(key: int, other: int, db: Session = Depends(get_db)):
    post = create(db, find(db, key))
    changed = update(db, post, {"user_id": other})
    return changed.author.name


@app.post("/nested/{key}/{other}")
def nest(key: int, other: int, db: Session = Depends(get_db)):
    return update(db, create(db, find(db, key)), {"user_id": other}).author.name


@app.post("/here/{key}/{other}")
def refresh_here(key: int, other: int, db: Session = Depends(get_db)):
    post = create(db, find(db, key))
    post.user_id = other
    db.commit()
    db.refresh(post)
    return post.author.name


@app.post("/perhaps/{key}/{other}")
def perhaps(key: int, other: int, changes: bool, db: Session = Depends(get_db)):
    post = create(db, find(db, key))
    if changes:
        update(db, post, {"user_id": other})
    return post.author.name
"""
    requests = [("POST", "/kept/1"), ("POST", "/changed/1/2"), ("POST", "/nested/1/2"), ("POST", "/here/1/2")]
    requests += [("POST", f"/perhaps/1/2?changes={changes}") for changes in (0, 1)]
    prove(tmp_path, {"main.py": app}, requests)


def test_a_refresh_in_one_branch_loads_nothing_for_the_other(tmp_path: Path) -> None:
    app = """
from typing import Generic, Type, TypeVar

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Base, Post, User

app = FastAPI()
M = TypeVar("M", bound=Base)


class Service(Generic[M]):
    model: Type[M]

    def __init__(self, db: Session = Depends(get_db)):
        self.db = db

    def get(self, key: int) -> M:
        return self.db.query(self.model).filter(self.model.id == key).first()


class Users(Service[User]):
    model = User

    def add(self, key: int, titles: list[str]) -> User:
        user = self.get(key)
        if len(titles) > 1:
            known = {post.title for post in user.posts}
            for title in titles:
                if title not in known:
                    user.posts.append(Post(title=title))
            self.db.flush()
            self.db.refresh(user)
            return user
        else:
            for post in user.posts:
                if post.title == titles[0]:
                    return user
            user.posts.append(Post(title=titles[0]))
            self.db.flush()
            self.db.refresh(user)
            return user


@app.post("/{key}/{titles}")
def add(key: int, titles: str, users: Users = Depends()):
    return sorted(post.title for post in users.add(key, titles.split(",")).posts)
"""
    prove(tmp_path, {"main.py": app}, [("POST", f"/1/{titles}") for titles in ("new", "new,newer", "newer")])
