"""Columns that are given values of another type than they give back: a commit, and they are read as what they are."""

from __future__ import annotations

from pathlib import Path

from .harness import prove

MODELS = """\
from sqlalchemy import Column, Float, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)
    rate = Column(Float)
"""
FILLING = """\
from models import Author


def fill(db):
    db.add(Author(id=1, name="ann", age=3))
"""
APP = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from db import get_db
from models import Author, Base

app = FastAPI()


class AuthorIn(BaseModel):
    age: str
    rate: str = "1.5"


def make(db: Session, age: str):
    row = Author(name="made", age=age)
    db.add(row)
    db.commit()
    return row


@app.post("/parameter/{age}")
def parameter(age: str, db: Session = Depends(get_db)):
    row = Author(name="new", age=age)
    db.add(row)
    db.commit()
    return {"id": row.id, "age": row.age}


@app.post("/set/{age}")
def set_text(age: int, db: Session = Depends(get_db)):
    row = db.get(Author, 1)
    row.age = f"{age}"
    db.commit()
    return [row.name, row.age]


@app.post("/compared")
def compared(db: Session = Depends(get_db)):
    row = Author(name="new", age="7")
    db.add(row)
    db.commit()
    return "old" if row.age > 5 else row.name


@app.post("/schema")
def schema(data: AuthorIn, db: Session = Depends(get_db)):
    row = Author(name="new", age=data.age, rate=data.rate)
    db.add(row)
    db.commit()
    return [row.age, row.rate]


@app.post("/handed/{age}")
def handed(age: str, db: Session = Depends(get_db)):
    row = make(db, age)
    return [row.name, row.age]


@app.post("/number/{age}")
def number(age: str, db: Session = Depends(get_db)):
    row = Author(name="new", age=int(age))
    db.add(row)
    db.commit()
    return [row.name, row.age]  # kept


@app.post("/text/{age}")
def text(age: str, db: Session = Depends(get_db)):
    row = Author(name="new", age=age)
    db.add(row)
    db.commit()
    return row.name  # kept
"""


def test_a_text_in_a_column_of_numbers_is_a_number_after_a_commit(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    urls = ["parameter/4", "set/4", "compared", "handed/4", "number/4", "text/4"]
    wanted = [*[("POST", f"/{url}") for url in urls], ("POST", "/schema", {"age": "5"})]
    after = prove(tmp_path, files, wanted)["main.py"]
    assert after.count("await db.refresh(row)") == 5
