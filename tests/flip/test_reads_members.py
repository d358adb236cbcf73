"""Lists that promise instances and hold something else as well."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

APP = """\
import json
from typing import Generic, List, Type, TypeVar

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PostOut(Out):
    title: str


class UserOut(Out):
    name: str
    posts: List[PostOut]


T = TypeVar("T")


class Store(Generic[T]):
    def __init__(self, model: Type[T]):
        self.model = model

    def all(self, db: Session) -> List[T]:
        return db.query(self.model).order_by(self.model.id).all()


class Users(Store[User]):
    def summaries(self, db: Session) -> List[User]:
        found = []
        for user in self.all(db):
            summary = json.loads(json.dumps({"name": user.name.upper()}))
            summary["posts"] = []
            found.append(summary)
        return found


class Posts(Store[Post]):
    pass


users, posts = Users(User), Posts(Post)


@app.get("/users", response_model=List[UserOut])
def read(short: bool = False, db: Session = Depends(get_db)):
    if short:
        found = users.summaries(db)
    else:
        found = users.all(db)
    return found


@app.get("/all", response_model=List[UserOut])
def read_all(db: Session = Depends(get_db)):
    found = users.all(db)
    return found


@app.get("/titles")
def titles(db: Session = Depends(get_db)):
    return [post.title for post in posts.all(db)]
"""


def test_only_instances_are_asked_for_their_keys(tmp_path: Path) -> None:
    done = prove(tmp_path, APP, [("GET", "/users"), ("GET", "/users?short=true"), ("GET", "/all"), ("GET", "/titles")])
    assert done["main.py"].count("for one in found if isinstance(one, User)]") == 1
    assert done["main.py"].count("for one in found])") == 1
