"""Whole suites: they pass before the step and after it, and a forgotten await does not go unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

CONFTEST = """\
from typing import Generator

import pytest
from fastapi.testclient import TestClient

from app import models
from app.db import Base, SessionLocal, engine, get_db
from app.main import app


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def client(db) -> Generator[TestClient, None, None]:
    app.dependency_overrides[get_db] = lambda: db
    with TestClient(app) as c:
        yield c
    app.dependency_overrides.clear()
"""

SUITES = {
    "fixtures, lifespan, address and helpers": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
from fastapi.testclient import TestClient

from app import crud


def post(client: TestClient, *texts):
    return [client.post("/notes", params={"text": t}).json()["text"] for t in texts]


def test_add(client, db):
    assert post(client, "a", "b") == ["a", "b"]
    assert client.get("/notes").json() == crud.texts(db) == ["a", "b"]
    assert all(client.get(url).status_code == 200 for url in ("/notes", "/owner"))


def test_owner(client, db):
    crud.add(db, "x")
    assert client.get("/owner").json() == {"name": "1", "host": "testclient", "started": ["yes"]}
    client.app.dependency_overrides[crud.texts] = None
""",
    },
    "a client of the module, entered where its lifespan is needed": {
        "tests/test_notes.py": """\
from fastapi.testclient import TestClient

from app import models
from app.db import Base, engine
from app.main import app

Base.metadata.drop_all(bind=engine)
Base.metadata.create_all(bind=engine)
client = TestClient(app)


def test_outside():
    assert client.get("/owner").json()["started"] == []


def test_inside():
    with client:
        assert client.get("/owner").json()["started"] == ["yes"]
    with client as same:
        assert same.get("/notes").json() == []
""",
    },
    "fixtures go on behind a test that rolls back": {
        "tests/conftest.py": CONFTEST
        + """

@pytest.fixture
def note(db):
    note = models.Note(text="kept")
    db.add(note)
    db.commit()
    yield note
    db.query(models.Note).filter(models.Note.text == note.text).delete()
    db.commit()
""",
        "app/crud.py": APP["app/crud.py"]
        + """

def refuse(db: Session) -> None:
    add(db, "more")
    db.rollback()
""",
        "tests/test_notes.py": """\
from app import crud


def test_refused(db, note):
    crud.refuse(db)
    assert crud.texts(db) == ["kept", "more"]
""",
    },
    "one loop, although the project says another": {
        "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
        "tests/conftest.py": CONFTEST.replace(
            "@pytest.fixture\ndef db", '@pytest.fixture(scope="module")\ndef db'
        ).replace("@pytest.fixture\ndef client", '@pytest.fixture(scope="module")\ndef client'),
        "tests/test_notes.py": """\
def test_one(client, db):
    assert client.get("/notes").json() == []


def test_two(client):
    assert client.get("/notes").json() == []
""",
    },
    "methods of a client that are kept, chosen and named": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize("reads", [True, False])
def test_chosen(client: TestClient, reads):
    call = client.get if reads else client.head
    assert call("/notes").status_code == (200 if reads else 405)


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("patch", 405)])
def test_named(client: TestClient, method, status):
    assert getattr(client, method)("/notes").status_code == status
    for call in (client.options, client.delete):
        assert call("/notes").status_code == 405
""",
    },
    "coroutines that were dropped all along": {
        "tests/conftest.py": CONFTEST,
        "app/mails.py": """\
async def send(to: str) -> None:
    pass


def later(add_task, to: str) -> None:
    add_task(send, to)
""",
        "tests/test_notes.py": """\
from app import mails


def test_mail(client):
    mails.later(lambda func, *args: func(*args), "a")
    assert client.get("/notes").json() == []
""",
    },
    "a patch in the place of the fixture that lends a session": {
        "tests/conftest.py": CONFTEST,
        "app/readers.py": """\
from sqlalchemy.orm import Session

from app import crud


class Reader:
    def __init__(self, db: Session):
        self.db = db

    def texts(self):
        return crud.texts(self.db)
""",
        "app/main.py": APP["app/main.py"]
        + """

from app.readers import Reader


@app.post("/read")
def read(db: Session = Depends(get_db)):
    found = Reader(db).texts()
    db.commit()
    return found
""",
        "tests/test_notes.py": """\
from unittest.mock import MagicMock, patch

import pytest
from fastapi.testclient import TestClient

from app.db import SessionLocal, get_db
from app.main import app


@pytest.fixture(name="session")
def session_fixture():
    with SessionLocal() as session:
        yield session


@patch("app.main.Reader")
def test_read(session):
    def lend():
        yield session

    app.dependency_overrides[get_db] = lend
    reader = MagicMock()
    reader.texts.return_value = ["a"]
    session.return_value = reader
    client = TestClient(app)
    assert client.post("/read").json() == ["a"]
    app.dependency_overrides.clear()
""",
    },
    "functions that stand for others": {
        "tests/conftest.py": CONFTEST,
        "tests/test_doubles.py": """\
from unittest.mock import MagicMock, patch

from app import crud, main


def test_monkeypatched(client, monkeypatch):
    def fake(db):
        return ["fake"]

    monkeypatch.setattr(crud, "texts", fake)
    assert client.get("/notes").json() == ["fake"]
    monkeypatch.setattr("app.crud.texts", lambda db: ["lambda"])
    assert client.get("/notes").json() == ["lambda"]
    monkeypatch.setattr(crud, "texts", MagicMock(return_value=["mock"]))
    assert client.get("/notes").json() == ["mock"]


@patch("app.crud.texts", return_value=["patched"])
def test_patched(texts, client):
    assert client.get("/notes").json() == ["patched"]
    texts.assert_called_once()
    with patch.object(crud, "texts", lambda db: []), patch("app.main.started", ["no"]):
        assert client.get("/notes").json() == []
        assert client.get("/owner").json()["started"] == ["no"]


def test_override(client, db):
    main.app.dependency_overrides[main.owner] = lambda: crud.texts(db)
    assert client.get("/owner").json()["name"] == []
""",
    },
    "set-up by name": {
        "tests/test_classes.py": """\
import unittest

from fastapi.testclient import TestClient

from app import crud, models
from app.db import Base, SessionLocal, engine
from app.main import app

log = []


def setup_module(module):
    Base.metadata.create_all(engine)
    log.append(module.__name__.rpartition(".")[2])


def teardown_module():
    Base.metadata.drop_all(engine)


class TestNotes:
    def setup_method(self, method):
        self.db = SessionLocal()
        crud.add(self.db, method.__name__)

    def teardown_method(self):
        self.db.close()
        log.append("down")

    def test_one(self):
        assert crud.texts(self.db) == ["test_one"]
        assert log == ["test_classes"]

    def test_two(self):
        assert crud.texts(self.db) == ["test_one", "test_two"]
        assert log == ["test_classes", "down"]


class NotesCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = TestClient(app)

    def setUp(self):
        super().setUp()
        self.db = SessionLocal()

    def tearDown(self):
        self.db.close()

    def test_three(self):
        before = len(crud.texts(self.db))
        self.client.post("/notes", params={"text": "three"})
        self.assertEqual(len(crud.texts(self.db)), before + 1)
""",
    },
    "functions that a dictionary holds and tests replace": {
        "app/jobs.py": """\
from app import crud
from app.db import SessionLocal


def count():
    with SessionLocal() as session:
        return len(crud.texts(session))


def first():
    with SessionLocal() as session:
        return crud.texts(session)[:1]


JOBS = {"count": count, "first": first}


def run(name):
    return JOBS[name]()


STARTS = {}
STARTS["count"] = count
STARTS["first"] = first


def start(name):
    return STARTS[name]()
""",
        "tests/conftest.py": CONFTEST,
        "tests/test_jobs.py": """\
from unittest.mock import MagicMock, patch

from app import jobs


def test_count(db):
    assert jobs.run("count") == 0


def test_set(monkeypatch):
    monkeypatch.setitem(jobs.JOBS, "count", lambda: 7)
    assert jobs.run("count") == 7


def test_patched():
    def fake():
        return 8

    with patch.dict(jobs.JOBS, {"count": fake}):
        assert jobs.run("count") == 8
    with patch.dict(jobs.JOBS, {"count": lambda: 1, "first": lambda: 2}):
        assert [jobs.run("count"), jobs.run("first")] == [1, 2]
    with patch.dict(jobs.STARTS, count=lambda: 3, first=lambda: 4), patch.dict(jobs.JOBS, count=lambda: 5):
        assert [jobs.start("count"), jobs.start("first"), jobs.run("count")] == [3, 4, 5]
    with patch.dict("app.jobs.JOBS", count=MagicMock(return_value=9)):
        assert jobs.run("count") == 9
""",
    },
    "a client that the class opens, asks and closes": {
        "tests/test_notes.py": """\
import unittest

from fastapi.testclient import TestClient

from app.db import Base, engine
from app.main import app


class NotesCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Base.metadata.create_all(engine)
        cls.client = TestClient(app)
        cls.name = cls.client.get("/owner").json()["name"]

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        Base.metadata.drop_all(engine)

    def add(self, text):
        return self.client.post("/notes", params={"text": text}).json()["text"]

    def test_one(self):
        self.assertEqual(self.add("one"), "one")
        self.assertEqual(self.name, "0")

    def test_two(self):
        self.assertEqual(self.add("two"), "two")
""",
    },
}


@pytest.mark.parametrize("name", SUITES)
def test_suite_passes_before_and_after(name: str, tmp_path: Path) -> None:
    sync = {**APP, **SUITES[name]}
    code, output = pytest_run(tmp_path / "before", sync)
    assert code == 0, output
    migrated, _ = flip(SUITES[name])
    assert not any("TestClient(" in text for text in migrated.values())
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated


def test_forgotten_awaits_fail_and_nothing_else_does(tmp_path: Path) -> None:
    migrated, _ = flip(SUITES["fixtures, lifespan, address and helpers"])
    migrated["tests/test_more.py"] = """\
import gc
import socket
import unittest
import warnings
from unittest.mock import AsyncMock

from app import crud


async def test_forgotten(db):
    crud.texts(db)


class Case(unittest.TestCase):
    async def test_never_awaited(self):
        raise AssertionError


def test_other_warnings():
    warnings.warn("something else", RuntimeWarning)
    opened = socket.socket()
    del opened

    class Loud:
        def __del__(self):
            raise ValueError

    Loud()
    gc.collect()


async def test_mock():
    AsyncMock().add(1)
"""
    _, output = pytest_run(tmp_path, migrated, "-W", "ignore:Using .httpx.", "tests/test_more.py")
    assert "2 failed, 2 passed" in output, output
    assert "FAILED tests/test_more.py::test_forgotten" in output
    assert "FAILED tests/test_more.py::Case::test_never_awaited" in output


CLEAN = '''

@pytest.fixture(scope="session", autouse=True)
def clean():
    Base.metadata.drop_all(engine)
    yield
'''


@pytest.mark.parametrize(
    "backend", ['@pytest.fixture(scope="session")', "@pytest.fixture", '@pytest.fixture(name="anyio_backend")']
)
def test_a_suite_on_anyio_keeps_its_plugin(tmp_path: Path, backend: str) -> None:
    backend = f'\n\n{backend}\ndef anyio_backend():\n    return "asyncio"\n'
    suite = SUITES["fixtures, lifespan, address and helpers"]
    migrated, _ = flip({**suite, "tests/conftest.py": CONFTEST + CLEAN + backend})
    assert migrated["tests/test_notes.py"].count("@pytest.mark.anyio\nasync def test_") == 2
    assert "asyncio_mode" not in migrated["pytest.ini"]
    code, output = pytest_run(tmp_path, migrated, "-p", "no:asyncio")
    assert code == 0, output


def test_a_suite_on_anyio_that_names_no_backend_gets_asyncio(tmp_path: Path) -> None:
    suite = SUITES["fixtures, lifespan, address and helpers"]
    more = "import asyncio\n\nimport pytest\n\n\n@pytest.mark.anyio\n"
    more += "async def test_async():\n    asyncio.get_running_loop()\n"
    migrated, _ = flip({**suite, "tests/conftest.py": CONFTEST + CLEAN, "tests/test_more.py": more})
    assert "def anyio_backend():" in migrated["tests/conftest.py"]
    code, output = pytest_run(tmp_path, migrated, "-p", "no:asyncio")
    assert code == 0, output
    assert flip(migrated, {})[0] == migrated
