"""Properties that ask the database each time, in the schemas of answers: FastAPI reads them outside of the greenlet."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

COUNTED = """
    @property
    def count(self):
        return object_session(self).scalar(select(func.count(Post.id)).where(Post.user_id == self.id))
"""
MAIN = """\
from typing import Optional

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class Counted(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str = Field(serialization_alias="called")
    count: int


class UserOut(Counted):
    posts: list[PostOut]


class PostFull(PostOut):
    author: Optional[Counted]


@app.get("/one/{key}", response_model=Counted)
def one(key: int, db: Session = Depends(get_db)):
    return db.get(User, key)


@app.get("/maybe/{key}", response_model=Optional[UserOut])
def maybe(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    return user


@app.get("/all", response_model=list[UserOut])
def every(db: Session = Depends(get_db)):
    return db.scalars(select(User).order_by(User.id)).all()


@app.get("/posts")
def posts(db: Session = Depends(get_db)) -> list[PostFull]:
    return db.scalars(select(Post).order_by(Post.id)).all()


@app.get("/dumped/{key}")
def dumped(key: int, db: Session = Depends(get_db)):
    return Counted.model_validate(db.get(User, key)).model_dump()


@app.post("/users", response_model=UserOut, response_model_exclude_unset=True)
def add(name: str, db: Session = Depends(get_db)):
    user = User(name=name, posts=[Post(title="new")])
    db.add(user)
    db.commit()
    return user
"""


def test_what_was_validated_in_the_greenlet_is_the_answer(tmp_path: Path) -> None:
    first = 'back_populates="author", order_by="Post.id")\n'
    models = MODELS.replace(first, first + COUNTED).replace("import ForeignKey", "import ForeignKey, func, select")
    models = models.replace("mapped_column, rel", "mapped_column, object_session, rel")
    paths = ["/one/1", "/maybe/1", "/maybe/9", "/all", "/posts", "/dumped/1"]
    requests = [*(("GET", path) for path in paths), ("POST", "/users?name=x"), ("GET", "/all")]
    prove(tmp_path, {"models.py": models, "main.py": MAIN}, requests)
