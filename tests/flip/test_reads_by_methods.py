"""Methods and properties that read what a commit has made another one: post.shown() behind post.user_id = 2."""

from __future__ import annotations

from pathlib import Path

from .harness import MODELS, prove

METHODS = (
    MODELS
    + """
    def named(self):
        return self.author.name if self.author else None

    def shown(self):
        return [self.title, self.named()]

    @property
    def signature(self):
        return f"by {self.named()}"

    def shouted(self):
        return self.title.upper()

    @staticmethod
    def plain(author):
        return author
"""
)
HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import SessionLocal, engine, get_db
from models import Base, Post, User

app = FastAPI()


def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        db.add_all([User(name="ann", posts=[Post(title="one")]), User(name="bob")])
        db.commit()


fill()
"""
ROUTES = """

@app.get("/shown/{key}")
def shown(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, 1)
    before = post.shown()
    post.user_id = key
    db.commit()
    return [before, post.shown()]


@app.get("/signature/{key}")
def signature(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, 1)
    before = post.signature
    post.user_id = key
    db.commit()
    return [before, post.signature]


class Service:
    def __init__(self, db: Session = Depends(get_db)):
        self._db = db

    def move(self, key: int):
        post = self._db.get(Post, 1)
        users = self._db.scalars(select(User).where(User.id == key)).all()
        if not post or not users:
            raise ValueError(key)
        post.user_id = users[0].id
        self._db.commit()
        return post.shown()


@app.get("/service/{key}")
def service(key: int, service: Service = Depends()):
    return service.move(key)
"""
OTHERS = """

@app.get("/shouted/{key}")
def shouted(key: int, db: Session = Depends(get_db)):
    post = db.get(Post, 1)
    post.user_id = key
    db.commit()
    return [post.shouted(), post.plain(3)]
"""


def test_methods_read_what_a_commit_has_changed(tmp_path: Path) -> None:
    requests = [("GET", f"/{name}/{key}") for name in ("shown", "signature", "service") for key in (2, 1)]
    prove(tmp_path, {"models.py": METHODS, "main.py": HEAD + ROUTES}, requests)


def test_methods_that_read_nothing_of_it_need_no_load(tmp_path: Path) -> None:
    done = prove(tmp_path, {"models.py": METHODS, "main.py": HEAD + OTHERS}, [("GET", "/shouted/2")])
    assert "refresh" not in done["main.py"] and "populate_existing" not in done["main.py"]
