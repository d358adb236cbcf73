"""Callables that a library loads: nobody knows whether they are async."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

APP = """
import pickle
from typing import Callable, Union

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import User

app = FastAPI()


def names(db: Session):
    return [u.name for u in db.query(User).order_by(User.id).all()]


def nothing(db):
    return None


def run(function: Union[Callable, bytes], db: Session):
    callable_f: Callable = pickle.loads(function) if isinstance(function, bytes) else function
    return [callable_f.__name__, callable_f(db)]


@app.post("/a")
def a(db: Session = Depends(get_db)):
    return run(names, db)


@app.post("/b")
def b(db: Session = Depends(get_db)):
    return run(pickle.dumps(names), db)


@app.post("/c")
def c(db: Session = Depends(get_db)):
    return run(pickle.dumps(nothing), db)
"""


def test_what_pickle_loads_may_be_plain_or_async(tmp_path: Path) -> None:
    prove(tmp_path, APP, [("POST", "/a"), ("POST", "/b"), ("POST", "/c")])
