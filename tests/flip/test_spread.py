"""What an instance holds, spread into a call that is given its relationships, too."""

from __future__ import annotations

from pathlib import Path

from .harness import BASE, prove

APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import engine, get_db
from models import Base, Post, User

Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)
app = FastAPI()


class UserOut(BaseModel):
    name: str
    posts: list[str]


class PostOut(BaseModel):
    title: str
    author: str


@app.post("/users")
def add(name: str, db: Session = Depends(get_db)):
    user = User(name=name, posts=[Post(title="a"), Post(title="b")])
    db.add(user)
    db.commit()
    return user.id


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.get(User, key)
    return UserOut(**vars(user), posts=[post.title for post in user.posts])


@app.get("/users")
def read_all(db: Session = Depends(get_db)):
    return [UserOut(**u.__dict__, posts=[str(len(u.posts))]) for u in db.scalars(select(User)).all()]


@app.get("/posts/{key}")
def read_post(key: int, db: Session = Depends(get_db)):
    post = db.scalars(select(Post).where(Post.id == key)).one()
    data = vars(post)
    return PostOut(**data, author=post.author.name)


@app.get("/none/{key}")
def read_none(key: int, db: Session = Depends(get_db)):
    return UserOut(**vars(db.get(User, key)), posts=[])
"""


def test_a_relationship_that_is_loaded_is_given_once(tmp_path: Path) -> None:
    paths = ["/users/1", "/users", "/posts/2", "/none/1"]
    done = prove(tmp_path, {**BASE, "main.py": APP}, [("POST", "/users?name=x"), *(("GET", path) for path in paths)])
    assert 'in vars(user).items() if key != "posts"}, posts=[' in done["main.py"]
    assert "UserOut(**vars(await db.get(User, key)), posts=[])" in done["main.py"], "nothing loads them"
