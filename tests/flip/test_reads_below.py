"""What hangs below an instance that was loaded before a commit: a sync session loads all of it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import prove

MODELS = """\
from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    labels: Mapped[list["Label"]] = relationship(order_by="Label.id")
    books: Mapped[list["Book"]] = relationship(order_by="Book.id", back_populates="shelf")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")
    labels: Mapped[list["Label"]] = relationship(order_by="Label.id")


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    book_id: Mapped[Optional[int]] = mapped_column(ForeignKey("books.id"))
"""
FILLING = """\
import models


def fill(db):
    db.add_all([models.Shelf(id=n, name=f"shelf{n}") for n in (1, 2)])
    db.flush()
    db.add_all([models.Book(id=n, shelf_id=(n + 1) // 2) for n in (1, 2, 3)])
    db.flush()
    db.add_all([models.Label(id=n, name=f"label{n}", shelf_id=(n + 1) // 2) for n in (1, 2, 3)])
"""
APP = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Book, Label, Shelf

app = FastAPI()


@app.post("/dotted")
def dotted(db: Session = Depends(get_db)):
    book = db.get(Book, 1)
    db.delete(db.get(Label, 1))
    db.commit()
    return [label.name for label in book.shelf.labels]


@app.post("/named")
def named(db: Session = Depends(get_db)):
    book = db.get(Book, 1)
    shown = len(book.shelf.labels)
    db.add(Label(name="new", shelf_id=1))
    db.commit()
    shelf = book.shelf
    return [shown, len(shelf.labels)]


@app.post("/several")
def several(db: Session = Depends(get_db)):
    books = db.query(Book).order_by(Book.id).all()
    shown = [len(book.shelf.labels) for book in books]
    db.add(Label(name="new", shelf_id=2))
    db.commit()
    return [shown, [len(book.shelf.labels) for book in books]]


@app.post("/around")
def around(db: Session = Depends(get_db)):
    shelf = db.get(Shelf, 1)
    out = [[len(book.shelf.labels) for book in shelf.books]]
    db.add(Label(name="new", shelf_id=1))
    db.commit()
    for book in shelf.books:
        out.append(len(book.shelf.labels))
        again = book.shelf
        out.append(len(again.labels))
    return out
"""

SHOWN = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from db import get_db
from models import Book, Label, Shelf

app = FastAPI()


class ShelfOut(BaseModel):
    name: str
    model_config = {"from_attributes": True}


class BookOut(BaseModel):
    id: int
    shelf: ShelfOut
    model_config = {"from_attributes": True}


def checked(shelf: Shelf):
    return shelf


@app.post("/left", response_model=list[BookOut])
def left(db: Session = Depends(get_db)):
    shelf = db.get(Shelf, 1)
    db.add(Book(shelf_id=1))
    db.commit()
    books = shelf.books
    return books


@app.post("/loaded", response_model=list[BookOut])
def loaded(db: Session = Depends(get_db)):
    shelf = db.query(Shelf).filter(Shelf.id == 1).first()
    books = shelf.books
    return books if len(shelf.labels) > 1 else []


@app.post("/branch")
def branch(db: Session = Depends(get_db)):
    shelf = db.get(Shelf, 1)
    db.add(Label(name="new", shelf_id=1))
    db.commit()
    shown = [len(shelf.labels)]
    if shown[0] > 1:
        db.add(Book(shelf_id=1))
        db.commit()
        shown.append(len(shelf.books))
    return [shown, len(shelf.labels)]


@app.post("/named")
def named(db: Session = Depends(get_db)):
    shelf = db.get(Shelf, 1)
    db.delete(db.get(Label, 1))
    db.commit()
    same = checked(shelf)
    shelves = db.query(Shelf).filter(Shelf.id > 1).all()
    return [len(same.labels), len(shelves)]
"""


def test_further_down(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "filling.py": FILLING, "main.py": APP}
    prove(tmp_path, files, [("POST", f"/{name}") for name in ("dotted", "named", "several", "around")])


@pytest.mark.parametrize("lazy", ["select", "selectin"])
def test_what_leads_back(tmp_path: Path, lazy: str) -> None:
    models = MODELS.replace('back_populates="books")', f'back_populates="books", lazy="{lazy}")')
    files = {"models.py": models, "filling.py": FILLING, "main.py": SHOWN}
    prove(tmp_path, files, [("POST", f"/{name}") for name in ("left", "loaded", "branch", "named")])


CHECKED = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from db import get_db
from models import Book, Label, Shelf

app = FastAPI()


def is_alone(book: Book):
    return len(book.shelf.books) == 1


@app.delete("/books/{key}")
def drop(key: int, db: Session = Depends(get_db)):
    book = db.get(Book, key)
    alone = is_alone(book)
    db.delete(book)
    db.commit()
    return alone


@app.delete("/shelves/{key}")
def clear(key: int, db: Session = Depends(get_db)):
    book = db.query(Book).filter(Book.shelf_id == key).first()
    shelf = book.shelf
    for label in shelf.labels:
        db.delete(label)
    db.delete(shelf)
    db.commit()
    return [one.id for one in db.query(Book).order_by(Book.id).all()]
"""


def test_what_is_deleted_later(tmp_path: Path) -> None:
    models = MODELS.replace('order_by="Book.id"', 'order_by="Book.id", cascade="all, delete-orphan"')
    files = {"models.py": models, "filling.py": FILLING, "main.py": CHECKED}
    prove(tmp_path, files, [("DELETE", "/books/3"), ("DELETE", "/books/1"), ("DELETE", "/shelves/1")])
