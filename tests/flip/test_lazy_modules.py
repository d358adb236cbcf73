"""Modules that look their names up when they are asked for: PEP 562."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove

MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

import tables
from db import get_db
from tables import Post

app = FastAPI()


@app.get("/users/{key}")
def read(key: int, db: Session = Depends(get_db)):
    user = db.query(tables.User).filter(tables.User.id == key).first()
    return [user.name, [p.title for p in user.posts]]


@app.delete("/posts/{key}")
def remove(key: int, db: Session = Depends(get_db)):
    done = db.query(tables.Post).filter(tables.Post.id == key).delete()
    db.commit()
    return [done, db.query(Post).count()]


@app.put("/users")
def older(db: Session = Depends(get_db)):
    db.query(tables.User).update({tables.User.age: tables.User.age + 1})
    db.commit()
    return [a for (a,) in db.query(tables.User.age).order_by(tables.User.id)]
"""
FORMS = {
    "import_module": """\
import importlib


def __getattr__(name: str):
    module = importlib.import_module("models")
    if hasattr(module, name):
        return getattr(module, name)
    raise AttributeError(name)
""",
    "import": """\
def __getattr__(name):
    import models as found

    return getattr(found, name)
""",
    "table": """\
from importlib import import_module

PLACES = {"User": "models", "Post": "models"}


def __getattr__(name: str):
    if name not in PLACES:
        raise AttributeError(name)
    return getattr(import_module(PLACES[name]), name)
""",
    "pairs": """\
import importlib

PLACES: dict = {"User": (".inner.rows", "User"), "Post": (".inner.rows", "Post")}


def __getattr__(name: str):
    try:
        path, attribute = PLACES[name]
    except KeyError:
        raise AttributeError(name) from None
    value = getattr(importlib.import_module(path, __name__), attribute)
    globals()[name] = value
    return value
""",
    "branches": """\
def __getattr__(name):
    if name == "User":
        from models import User as _User

        return _User
    if name in ("Post",):
        from models import Post

        return Post
    raise AttributeError(name)
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_models_of_a_lazy_module_are_known(tmp_path: Path, form: str) -> None:
    files = {
        "main.py": MAIN,
        "tables/__init__.py": FORMS[form],
        "tables/inner/__init__.py": "",
        "tables/inner/rows.py": "from models import Post, User\n\n__all__ = ['Post', 'User']\n",
    }
    done = prove(tmp_path, files, [("GET", "/users/1"), ("DELETE", "/posts/1"), ("PUT", "/users")])
    assert "sync_session" not in done["main.py"]
    assert "selectinload(tables.User.posts)" in done["main.py"]
