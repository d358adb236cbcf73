"""Rows that tests make by hand, in fakes and for mocks: the app loads what it reads as if there were no such tests."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

LIBRARY = {
    "app/__init__.py": "",
    "app/db.py": APP["app/db.py"],
    "app/models.py": """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_id: Mapped[int | None] = mapped_column(ForeignKey("countries.id"))
    country: Mapped["Country"] = relationship()


class Country(Base):
    __tablename__ = "countries"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
""",
    "app/main.py": """\
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import get_db
from app.models import Author, Country

app = FastAPI()


class CountryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    country: CountryOut | None


class Authors:
    def __init__(self, db: Session):
        self.db = db

    def find(self, name: str) -> Author | None:
        return self.db.scalars(select(Author).where(Author.name == name)).first()

    def all(self) -> list[Author]:
        return list(self.db.scalars(select(Author).order_by(Author.name)))

    def store(self, author: Author) -> None:
        self.db.commit()
        self.db.refresh(author)


class Service:
    def __init__(self, authors: Authors):
        self.authors = authors

    def find(self, name: str):
        return self.authors.find(name)

    def move(self, name: str, country_id: int):
        author = self.authors.find(name)
        author.country_id = country_id
        self.authors.store(author)
        return author


def get_authors(db: Session = Depends(get_db)) -> Authors:
    return Authors(db)


@app.get("/authors")
def read_authors(authors: Authors = Depends(get_authors)) -> list[AuthorOut]:
    return authors.all()


@app.get("/authors/{name}")
def read_author(name: str, authors: Authors = Depends(get_authors)) -> AuthorOut:
    return Service(authors).find(name)
""",
}
TESTS = {
    "tests/test_fakes.py": """\
import pytest
from fastapi.testclient import TestClient

from app.main import app, get_authors
from app.models import Author, Country


class FakeAuthors:
    def __init__(self):
        self.authors = [Author(name="ann", country=Country(name="x"))]

    def find(self, name: str) -> Author | None:
        return next(a for a in self.authors if a.name == name)

    def all(self) -> list[Author]:
        return self.authors


@pytest.fixture
def client():
    fake = FakeAuthors()
    app.dependency_overrides = {get_authors: lambda: fake}
    yield TestClient(app)
    app.dependency_overrides = {}


def test_read(client):
    ann = {"name": "ann", "country": {"name": "x"}}
    assert client.get("/authors").json() == [ann]
    assert client.get("/authors/ann").json() == ann
""",
    "tests/test_service.py": """\
from unittest.mock import Mock

import pytest

from app.main import Authors, Service
from app.models import Author, Country


@pytest.fixture
def parts(request):
    request.cls.authors = Mock(spec=Authors)
    request.cls.service = Service(request.cls.authors)


@pytest.mark.usefixtures("parts")
class TestService:
    def test_move(self):
        self.authors.find.return_value = Author(name="ann", country=Country(name="x"))
        moved = self.service.move("ann", 3)
        assert (moved.country_id, moved.country.name) == (3, "x")
        self.authors.store.assert_called_once_with(moved)
""",
}


def test_the_app_is_migrated_as_without_them(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**LIBRARY, **TESTS})
    assert code == 0, output
    migrated, _ = flip(TESTS, LIBRARY, steps=())
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    alone, _ = flip({}, LIBRARY, steps=())
    assert "joinedload(Author.country)" in alone["app/main.py"]
    assert {path: migrated[path] for path in LIBRARY} == {path: alone[path] for path in LIBRARY}
    assert "moved.country.name" in migrated["tests/test_service.py"]
