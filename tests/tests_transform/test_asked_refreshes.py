"""Mocks of sessions that tests ask about refreshes, whose rows are mocks, and that factories give."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

STEPS = ("query", "eager", "flip")
MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")
    notes: Mapped[list["Note"]] = relationship()


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    book_id: Mapped[int | None] = mapped_column(ForeignKey("books.id"))
"""
SERVICE = """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Book, Shelf


def add(db: Session, name: str) -> Shelf:
    shelf = Shelf(name=name)
    db.add(shelf)
    db.commit()
    db.refresh(shelf)
    return shelf


def rename(db: Session, key: int, name: str) -> Shelf:
    shelf = db.scalars(select(Shelf).where(Shelf.id == key)).first()
    shelf.name = name
    db.commit()
    db.refresh(shelf)
    return shelf


def book(db: Session, key: int) -> Book:
    return db.scalars(select(Book).where(Book.id == key)).one()


def lend(db: Session, key: int) -> Book:
    found = book(db, key)
    found.title = "lent"
    db.commit()
    db.refresh(found)
    return found


def take_back(db: Session, key: int) -> Book:
    found = db.scalars(select(Book).where(Book.id == key)).first()
    found.title = "back"
    db.commit()
    db.refresh(found)
    return found


def move(db: Session, key: int, title: str) -> Book:
    book = db.get(Book, key)
    book.title = title
    db.commit()
    db.refresh(book)
    return book
"""
MAIN = """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app import service
from app.db import Base, engine, get_db

Base.metadata.create_all(engine)
app = FastAPI()


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    text: str


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str
    notes: list[NoteOut]


class ShelfOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    books: list[BookOut]


@app.post("/shelves", response_model=ShelfOut)
def add(name: str, db: Session = Depends(get_db)):
    return service.add(db, name)


@app.put("/shelves/{key}", response_model=ShelfOut)
def rename(key: int, name: str, db: Session = Depends(get_db)):
    return service.rename(db, key, name)


@app.post("/books/{key}/lend", response_model=BookOut)
def lend(key: int, db: Session = Depends(get_db)):
    return service.lend(db, key)


@app.post("/books/{key}/back", response_model=BookOut)
def take_back(key: int, db: Session = Depends(get_db)):
    return service.take_back(db, key)


@app.put("/books/{key}", response_model=BookOut)
def move(key: int, title: str, db: Session = Depends(get_db)):
    return service.move(db, key, title)
"""
UNIT = """\
from types import SimpleNamespace
from unittest.mock import {mock}, patch

import pytest
from sqlalchemy.orm import Session

from app import service
from app.models import Book, Shelf


@pytest.fixture
def book():
    return {mock}(spec=Book)


def test_add():
    db = {mock}(spec=Session)
    shelf = service.add(db, "high")
    assert shelf.name == "high"
    db.refresh.assert_called_once_with(shelf)


def test_rename():
    db = {mock}(spec=Session)
    row = {mock}(spec=Shelf)
    db.scalars.return_value.first.return_value = row
    assert service.rename(db, 1, "low") is row
    db.commit.assert_called_once_with()
    db.refresh.assert_called_once_with(row)


def test_move(book):
    db = {mock}(spec=Session)
    db.get.return_value = book
    assert service.move(db, 1, "late").title == "late"
    db.get.assert_called_once_with(Book, 1)


def test_lend():
    db = {mock}()
    with patch.object(service, "book", return_value=SimpleNamespace(title="a")):
        assert service.lend(db, 1).title == "lent"
    db.refresh.assert_called_once()


def test_take_back():
    db = {mock}()
    db.scalars.return_value.first.return_value = SimpleNamespace(title="a")
    assert service.take_back(db, 1).title == "back"
"""
ROUTES = """\
from fastapi.testclient import TestClient

from app.db import SessionLocal
from app.main import app
from app.models import Book, Note

client = TestClient(app)


def test_routes():
    assert client.post("/shelves?name=a").json() == {"name": "a", "books": []}
    with SessionLocal() as db:
        db.add(Book(title="b", shelf_id=1, notes=[Note(text="n")]))
        db.commit()
    books = [{"title": "b", "notes": [{"text": "n"}]}]
    assert client.put("/shelves/1?name=c").json() == {"name": "c", "books": books}
    assert client.put("/books/1?title=d").json() == {"title": "d", "notes": [{"text": "n"}]}
    assert client.post("/books/1/lend").json() == {"title": "lent", "notes": [{"text": "n"}]}
    assert client.post("/books/1/back").json() == {"title": "back", "notes": [{"text": "n"}]}
"""
SHELVES = """
class Shelves:
    def __init__(self, db: Session):
        self.db = db

    def find(self, key: int):
        return self.db.get(Shelf, key)


def get_shelves(db: Session = Depends(get_db)) -> Shelves:
    return Shelves(db)


@app.get("/shelves/{key}", response_model=ShelfOut)
def find(key: int, shelves: Shelves = Depends(get_shelves)):
    return shelves.find(key)


@app.get("/shelves/{key}/name")
def name(key: int, shelves: Shelves = Depends(get_shelves)):
    return shelves.find(key).name
"""
OVERRIDDEN = """\
from unittest.mock import MagicMock

from fastapi.testclient import TestClient

from app.main import Shelves, app, get_shelves
from app.models import Book, Note, Shelf


def test_another_service():
    shelf = Shelf(id=9, name="a", books=[Book(title="b", notes=[Note(text="n")])])
    service = MagicMock(spec=Shelves)
    service.find.return_value = shelf
    app.dependency_overrides[get_shelves] = lambda: service
    books = [{"title": "b", "notes": [{"text": "n"}]}]
    assert TestClient(app).get("/shelves/9").json() == {"name": "a", "books": books}
    service.find.assert_called_once_with(9)
    app.dependency_overrides.clear()
"""
OPENED = """\
from unittest import mock
from unittest.mock import Mock, patch

from sqlalchemy.orm import Session

from app.db import get_db


@patch("app.db.SessionLocal")
def test_opened(maker):
    session = Mock(spec=Session)
    maker.return_value = session
    opened = get_db()
    assert next(opened) is session
    opened.close()
    session.close.assert_called_once_with()


@patch("app.db.SessionLocal")
def test_one_after_the_other(maker):
    first, second = mock.Mock(spec=Session), Mock()
    maker.side_effect = [first, second]
    assert [next(get_db()), next(get_db())] == [first, second]


def test_by_the_patch():
    first = Mock()
    second = mock.Mock(spec=Session)
    with patch("app.db.SessionLocal", side_effect=[first, second]):
        assert [next(get_db()), next(get_db())] == [first, second]
"""


def _passes(tmp_path: Path, files: dict[str, str]) -> dict[str, str]:
    """The suite passes before, after the step `eager` and after `flip`; a second run changes nothing."""
    suite = {**APP, "app/models.py": MODELS, "app/crud.py": "", "app/main.py": MAIN, "app/service.py": SERVICE}
    suite |= {"pytest.ini": "[pytest]\npythonpath = .\n", **files}
    eager, _ = flip(suite, {}, steps=STEPS[:2])
    after, _ = flip(suite, {}, steps=STEPS)
    for name, texts in (("before", suite), ("eager", eager), ("after", after)):
        code, output = pytest_run(tmp_path / name, texts)
        assert code == 0, f"{name}: {output}"
    assert flip(after, {}, steps=STEPS)[0] == after
    return after


@pytest.mark.parametrize("mock", ["Mock", "MagicMock"])
def test_what_tests_assert_of_refreshes_stays_true(tmp_path: Path, mock: str) -> None:
    unit = UNIT.replace("{mock}", mock)
    after = _passes(tmp_path, {"tests/test_unit.py": unit, "tests/test_routes.py": ROUTES})
    service = after["app/service.py"]
    assert service.count("await db.refresh(shelf)\n") == 2, "the author's"
    assert "    if shelf in db:\n        await db.get(\n" in service, "no mock of a row has an identity"
    assert "    if found in db:\n        await db.get(\n" in service
    assert '    await db.refresh(book, ["notes"])\n' in service, "a test tells what `get` gives"


def test_without_such_tests_a_load_stands_for_the_refresh(tmp_path: Path) -> None:
    after = _passes(tmp_path, {"tests/test_routes.py": ROUTES})
    assert "refresh" not in after["app/service.py"]


def test_no_load_stands_beside_a_service_that_a_test_replaces(tmp_path: Path) -> None:
    """It would ask a database that the test does not use for a row that is not there."""
    main = MAIN.replace("from app.db import", "from app.models import Shelf\nfrom app.db import") + SHELVES
    files = {"app/main.py": main, "tests/test_overridden.py": OVERRIDDEN}
    assert "greenlet_spawn" in _passes(tmp_path, files)["app/main.py"]


def test_sessions_that_a_patched_factory_gives_can_be_opened(tmp_path: Path) -> None:
    after = _passes(tmp_path, {"tests/test_opened.py": OPENED})["tests/test_opened.py"]
    assert after.count(" MagicMock(") == 3
    assert after.count("mock.MagicMock(") == 2
