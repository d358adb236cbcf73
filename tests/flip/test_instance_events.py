"""Listeners of instances: what they put on an instance is found there."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

MODELS_WATCHED = (
    MODELS.replace("from sqlalchemy import ForeignKey", "from sqlalchemy import ForeignKey, event")
    .replace("class Base(", "from watched import Watched\n\n\nclass Base(")
    .replace("class Post(Base)", """\
    def watch(self, watcher):
        if hasattr(self, "watched"):
            self.watched.watch(watcher)

    def tell(self, what):
        if hasattr(self, "watched"):
            self.watched.tell(what)


@event.listens_for(User, "load")
@event.listens_for(User, "init")
def start(target, *args, **kwargs):
    target.watched = Watched(target)


class Post(Base)""")
)
WATCHED = """\
class Watched:
    def __init__(self, owner):
        self.owner = owner
        self.watchers = []

    def watch(self, watcher):
        self.watchers.append(watcher)

    def tell(self, what):
        for watcher in self.watchers[:]:
            watcher.told(self.owner, what)
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import get_db
from models import Post, User

app = FastAPI()


class Log:
    def __init__(self, db):
        self.db = db

    def told(self, owner, what):
        self.db.add(Post(title=f"{owner.name}: {what}", user_id=owner.id))
        self.db.commit()


@app.post("/users/{key}")
def say(key: int, what: str, db: Session = Depends(get_db)):
    user = db.get(User, key)
    user.watch(Log(db))
    user.tell(what)
    return db.scalars(select(Post.title).order_by(Post.id)).all()
"""


def test_what_a_listener_puts_on_an_instance_is_awaited(tmp_path: Path) -> None:
    files = {"watched.py": WATCHED, "models.py": MODELS_WATCHED, "main.py": MAIN}
    made = prove(tmp_path, files, [("POST", "/users/1?what=x")])
    assert "await self.watched.tell(what)" in made["models.py"]
