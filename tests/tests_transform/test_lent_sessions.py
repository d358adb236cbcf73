"""Tests that lend their session to the app: what they have put into it is there when a route looks it up."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

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
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped["Shelf"] = relationship(back_populates="books")
"""
MAIN = """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Shelf

app = FastAPI()


@app.get("/shelves/{key}")
def read_shelf(key: int, db: Session = Depends(get_db)):
    shelf = db.get(Shelf, key)
    return [book.title for book in shelf.books]
"""
TESTS = """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine, get_db
from app.main import app
from app.models import Book, Shelf


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session


@pytest.fixture
def client(db):
    OVERRIDE
    yield TestClient(app)
    app.dependency_overrides.clear()


def test_shelf(client, db):
    shelf = Shelf(name="a")
    db.add(shelf)
    db.commit()
    db.refresh(shelf)
    db.add(Book(title="b", shelf_id=shelf.id))
    db.commit()
    assert client.get(f"/shelves/{shelf.id}").json() == ["b"]
"""
LENDING = {
    "lambda": "app.dependency_overrides[get_db] = lambda: db",
    "function": "def lend():\n        return db\n\n    app.dependency_overrides[get_db] = lend",
    "generator": "def lend():\n        yield db\n\n    app.dependency_overrides.update({get_db: lend})",
}
OWN = """def own():
        with SessionLocal() as made:
            yield made

    app.dependency_overrides[get_db] = own"""


def _migrate(override: str) -> tuple[dict[str, str], dict[str, str]]:
    tests = TESTS.replace("OVERRIDE", override)
    before = {"app/models.py": MODELS, "app/main.py": MAIN, "tests/test_shelves.py": tests}
    app = {path: text for path, text in APP.items() if path != "app/crud.py"}
    migrated, findings = flip(before, app, ("query", "eager", "lifespan", "flip"))
    assert not findings
    return {**app, **before}, migrated


def test_a_lent_session_is_asked_with_a_select(tmp_path: Path) -> None:
    for how, override in LENDING.items():
        before, after = _migrate(override)
        code, output = pytest_run(tmp_path / how / "before", before)
        assert code == 0, output
        code, output = pytest_run(tmp_path / how / "after", after)
        assert code == 0, output


def test_with_a_session_of_its_own_a_route_asks_by_key() -> None:
    assert "db.get(Shelf, key, options=[selectinload(Shelf.books)])" in _migrate(OWN)[1]["app/main.py"]
