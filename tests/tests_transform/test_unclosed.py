"""Sessions that a suite never closes: the garbage collector took them, and an async in-memory database with them."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

SUITE = {
    "tests/conftest.py": """\
from typing import Generator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import models
from app.db import Base, SessionLocal, engine, get_db
from app.main import app


@pytest.fixture(scope="session", autouse=True)
def tables():
    Base.metadata.create_all(engine)


@pytest.fixture
def opened():
    return SessionLocal()


@pytest.fixture
def taken():
    # by hand
    return next(get_db())


@pytest.fixture
def named():
    db = SessionLocal()
    db.add(models.Note(text="named"))
    db.commit()
    return db


@pytest.fixture
def yielded():
    db = SessionLocal()
    yield db


@pytest.fixture
def given() -> Generator[Session, None, None]:
    yield SessionLocal()


@pytest.fixture
def cleaned():
    if engine is not None:
        yield SessionLocal()
    with engine.begin() as connection:
        connection.execute(text("update notes set text = 'd2' where text = 'd'"))


def new_session():
    return SessionLocal()


@pytest.fixture
def client():
    app.dependency_overrides[get_db] = new_session
    yield TestClient(app)
    app.dependency_overrides.clear()
""",
    "tests/test_notes.py": """\
import gc

import pytest
from sqlalchemy import text

from app import crud
from app.db import SessionLocal, get_db


@pytest.fixture(autouse=True)
def collected():
    yield
    gc.collect()


def count():
    db = SessionLocal()
    found = len(crud.texts(db))
    return found


def first():
    db = next(get_db())
    if not crud.texts(db):
        raise ValueError("empty")


def test_local():
    db = SessionLocal()
    crud.add(db, "a")

    def stored():
        return crud.texts(db)

    assert stored() == ["a"]


def test_helpers():
    assert count() == 1
    first()


def test_in_a_block():
    for text_ in ("b", "c"):
        db = SessionLocal()
        crud.add(db, text_)
    assert count() == 3


def test_fixtures(opened, taken, named, yielded, given, cleaned):
    everything = ["a", "b", "c", "named"]
    assert all(crud.texts(db) == everything for db in (opened, taken, named, yielded, given, cleaned))


def test_client(client):
    assert client.post("/notes", params={"text": "d"}).json() == {"text": "d"}
    assert len(client.get("/notes").json()) == 5


def test_all_are_still_there():
    with SessionLocal() as db:
        assert len(crud.texts(db)) == 5
""",
}


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITE})
    assert code == 0, output
    migrated, _ = flip(SUITE)
    code, output = pytest_run(tmp_path / "after", migrated, "-W", "error::sqlalchemy.exc.SAWarning")
    assert code == 0, output
    assert "non-checked-in" not in output
    closed = migrated["tests/conftest.py"].count("yield session\n")
    assert closed == 5  # opened, taken, given, cleaned, and the override, which is entered
    assert migrated["tests/conftest.py"].count("await session.close()\n") == closed - 1
    again, _ = flip(migrated, {})
    assert again == migrated


def test_what_others_may_use_stays_open() -> None:
    conftest = """\
import pytest
from fastapi.testclient import TestClient

from app.db import SessionLocal, get_db
from app.main import app


class Held:
    def __init__(self, session):
        self.session = session


@pytest.fixture
def client():
    db = SessionLocal()
    app.dependency_overrides[get_db] = lambda: db
    return TestClient(app)


@pytest.fixture
def held():
    db = SessionLocal()
    return Held(db)


@pytest.fixture
def shared():
    db = SessionLocal()
    held = db
    return Held(held)


def early(flag):
    db = SessionLocal()
    if flag:
        return db
    return None
"""
    migrated, _ = flip({"tests/conftest.py": conftest})
    assert "close()" not in migrated["tests/conftest.py"]
    assert "db.close()" not in migrated["app/crud.py"]


def test_a_session_that_an_override_opens_for_a_call(tmp_path: Path) -> None:
    app = {**APP, "app/main.py": APP["app/main.py"] + READER}
    suite = {
        "tests/test_readers.py": """\
import gc

from fastapi.testclient import TestClient

from app import crud
from app.db import Base, SessionLocal, engine
from app.main import app, find, reader


def own_reader():
    return find(SessionLocal(), text="a")


def test_reader():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        crud.add(db, "a")
    app.dependency_overrides[reader] = own_reader
    with TestClient(app) as client:
        assert [client.get("/reader").json() for _ in range(2)] == [0, 0]
        gc.collect()
        assert client.get("/reader").json() == 0
"""
    }
    code, output = pytest_run(tmp_path / "before", {**app, **suite})
    assert code == 0, output
    migrated, _ = flip(suite, app, steps=("query", "eager", "lifespan", "flip"))
    code, output = pytest_run(tmp_path / "after", migrated, "-W", "error::sqlalchemy.exc.SAWarning")
    assert code == 0, output
    lines = "    async with SessionLocal() as session:\n        yield await find(session, text=\"a\")\n"
    assert lines in migrated["tests/test_readers.py"]


def test_sessions_that_lambdas_open_for_requests(tmp_path: Path) -> None:
    suite = {
        "tests/conftest.py": """\
import gc

import pytest
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine, get_db
from app.main import app


@pytest.fixture(autouse=True)
def tables():
    Base.metadata.create_all(engine)
    yield
    gc.collect()


@pytest.fixture
def client():
    # each request has its own
    app.dependency_overrides[get_db] = lambda: SessionLocal()
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.fixture
def other(client):
    app.dependency_overrides.update({get_db: lambda: SessionLocal()})
    return client
""",
        "tests/test_notes.py": """\
import pytest


@pytest.mark.parametrize("number", [1, 2, 3])
def test_notes(client, number):
    assert client.post("/notes", params={"text": "a"}).json() == {"text": "a"}
    assert len(client.get("/notes").json()) == number


def test_others(other):
    assert len(other.get("/notes").json()) == 3
""",
    }
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, _ = flip(suite)
    code, output = pytest_run(tmp_path / "after", migrated, "-W", "error::sqlalchemy.exc.SAWarning")
    assert code == 0 and "non-checked-in" not in output, output
    assert "lambda" not in migrated["tests/conftest.py"]
    again, _ = flip(migrated, {})
    assert again == migrated


READER = """

from sqlalchemy import select

from app.models import Note


def find(db: Session, text: str):
    return db.scalars(select(Note).where(Note.text == text)).first()


def reader(db: Session = Depends(get_db)):
    return find(db, "x")


@app.get("/reader")
def read(note: Note = Depends(reader)):
    return len(note.text) - 1
"""
