"""Sessions that keep over a commit what they hold, as the project itself has told them."""

from __future__ import annotations

from pathlib import Path

from .harness import DB, MODELS, prove


def test_a_commit_that_expires_nothing(tmp_path: Path) -> None:
    """Only what is read is loaded behind it, as before: the columns are there, as they were given."""
    db = DB.replace("autoflush=False,", "autoflush=False, expire_on_commit=False,")
    models = MODELS.replace("    posts:", "    tastes: Mapped[dict] = mapped_column(JSON, default=dict)\n    posts:")
    app = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()
sent = []


@event.listens_for(Engine, "before_cursor_execute")
def count(conn, cursor, statement, parameters, context, executemany):
    sent.append(statement.split()[0])


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    tastes: dict
    posts: list[PostOut]


@app.post("/users", response_model=UserOut)
def add(data: dict, db: Session = Depends(get_db)):
    user = User(name="new", tastes=data)
    db.add(user)
    db.commit()
    return user


@app.post("/posts/{key}")
def post(key: int, title: str, db: Session = Depends(get_db)):
    post = Post(title=title, user_id=key)
    db.add(post)
    db.commit()
    return post.author.name


@app.get("/sent")
def statements():
    return sent
"""
    files = {"db.py": db, "models.py": models.replace("import ForeignKey", "import JSON, ForeignKey"), "main.py": app}
    prove(tmp_path, files, [("POST", "/users", {"z": 1, "a": 2}), ("POST", "/posts/1?title=x"), ("GET", "/sent")])
