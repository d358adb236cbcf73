"""More whole suites: they pass before the step and after it, and nothing in them stays synchronous."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run
from test_suites import CONFTEST
from test_suites import SUITES as OLD

from asyncify.analysis.config import Config

#: from the one that has tests call by themselves what a framework would not await
STEPS = ("lifespan", "flip")
BACKEND = '\n\n@pytest.fixture(scope="session")\ndef anyio_backend():\n    return "asyncio"\n'

SUITES = {
    "fixtures that calls make of functions": {
        "tests/conftest.py": """\
import pytest

from app.db import Base, SessionLocal, engine, get_db
from app.main import app


def override_get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def make_tables():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)


app.dependency_overrides[get_db] = override_get_db

notes = pytest.fixture(override_get_db, scope="module")
tables = pytest.fixture(scope="module", autouse=True)(make_tables)
""",
        "tests/test_notes.py": """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from app import crud
from app.main import app
from app.models import Note

client = TestClient(app)


@pytest.fixture
def clean_notes(notes):
    notes.execute(delete(Note))
    notes.commit()


def test_one(notes, clean_notes):
    crud.add(notes, "a")
    assert crud.texts(notes) == ["a"]


def test_another_one(notes, clean_notes):
    client.post("/notes", params={"text": "b"})
    assert crud.texts(notes) == ["b"]
""",
    },
    "a savepoint that a listener of the session begins anew": {
        "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.orm import sessionmaker

from app.db import Base, engine, get_db
from app.main import app

Session = sessionmaker(autoflush=False, bind=engine, join_transaction_mode="control_fully")


@event.listens_for(engine, "connect")
def no_transactions_of_its_own(connection, record):
    connection.isolation_level = None


@event.listens_for(engine, "begin")
def begin(connection):
    connection.exec_driver_sql("BEGIN")


@pytest.fixture
def db():
    connection = engine.connect()
    outer = connection.begin()
    Base.metadata.create_all(connection)
    db = Session(bind=connection)
    savepoint = connection.begin_nested()

    @event.listens_for(db, "after_transaction_end")
    def begin_anew(db, transaction):
        nonlocal savepoint
        if not savepoint.is_active:
            savepoint = connection.begin_nested()

    yield db
    db.close()
    outer.rollback()
    connection.close()


@pytest.fixture
def client(db):
    app.dependency_overrides[get_db] = lambda: db
    yield TestClient(app)
    app.dependency_overrides.clear()
""",
        "tests/test_notes.py": """\
from app import crud


def test_two_commits(client, db):
    crud.add(db, "a")
    client.post("/notes", params={"text": "b"})
    assert crud.texts(db) == ["a", "b"]


def test_nothing_is_left(db):
    assert crud.texts(db) == []
""",
    },
    "code behind a context that swallows what its body raises": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
import contextlib

import pytest

from app import crud


def test_raises(db):
    with pytest.raises(ValueError):
        crud.add(db, "a")
        raise ValueError
    assert crud.texts(db) == ["a"]
    with contextlib.suppress(KeyError):
        for text in "bc":
            crud.add(db, text)
            if text == "b":
                raise KeyError
    assert crud.texts(db) == ["a", "b"]
""",
    },
    "one scoped session for fixtures, factories and tests": {
        "tests/__init__.py": "",
        "tests/database.py": """\
from sqlalchemy.orm import scoped_session, sessionmaker

Session = scoped_session(sessionmaker())


def make(model, **values):
    made = model(**values)
    Session.add(made)
    Session.flush()
    return made
""",
        "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, engine, get_db
from app.main import app
from app.models import Note

from .database import Session, make


@pytest.fixture(scope="session")
def tables():
    Base.metadata.create_all(engine)
    Session.configure(bind=engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture(autouse=True)
def session(tables):
    session = Session()
    session.begin_nested()
    yield session
    session.rollback()


@pytest.fixture
def note(session):
    return make(Note, text="first")


@pytest.fixture
def client():
    app.dependency_overrides[get_db] = lambda: Session()
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
""",
        "tests/test_notes.py": """\
from sqlalchemy import select

from app import crud
from app.models import Note

from .database import Session, make


def test_one_session(session, note):
    assert crud.texts(session) == ["first"]
    make(Note, text="second")
    assert Session() is session
    assert list(Session.scalars(select(Note.text))) == ["first", "second"]


def test_nothing_is_left(session):
    assert crud.texts(session) == []
""",
    },
    "fixtures that are asked for by name": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
import pytest

from app import crud


@pytest.fixture
def note(db):
    return crud.add(db, "a")


@pytest.fixture
def other(db):
    return crud.add(db, "b")


@pytest.fixture
def plain():
    return 3


@pytest.fixture
def first(request):
    return request.getfixturevalue("note")


def test_by_name(request, client):
    db = request.getfixturevalue("db")
    crud.add(db, "x")
    found = request.getfixturevalue("client")
    assert found.get("/notes").json() == ["x"]
    assert request.getfixturevalue("plain") == 3


@pytest.mark.parametrize("name", ["note", "other"])
def test_parametrized(request, name, db):
    assert request.getfixturevalue(name).text in crud.texts(db)


def test_of_a_fixture(first, db):
    assert crud.texts(db) == [first.text]
""",
    },
    "fixtures that are imported from where pytest keeps them": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
from _pytest.fixtures import fixture


@fixture(scope="function")
def notes(client):
    client.post("/notes", params={"text": "a"})
    return client.get("/notes").json()


def test_notes(notes):
    assert notes == ["a"]
""",
    },
    "bodies that are texts": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
import json


def test_bodies(client, db):
    first = client.post("/notes?text=a", data=json.dumps({}))
    assert first.json()["text"] == "a"
    assert client.post("/notes?text=b", data="{}").status_code == 200
""",
    },
    "settings below the folder in which pytest is started": {
        "requirements.txt": "fastapi\nsqlalchemy\nhttpx\npytest\n",
        "tests/pytest.ini": "[pytest]\nmarkers =\n    slow: takes long\n",
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
from app import crud


def test_add(client, db):
    assert client.post("/notes", params={"text": "a"}).json() == {"text": "a"}
    assert crud.texts(db) == ["a"]
""",
    },
    "a fixture that is called like a test, on anyio": {
        "tests/conftest.py": CONFTEST.replace("def db():", "def test_db():")
        .replace("(db)", "(test_db)")
        .replace("lambda: db", "lambda: test_db")
        + BACKEND,
        "tests/test_notes.py": """\
from app import crud


def test_add(test_db, client):
    crud.add(test_db, "a")
    assert client.get("/notes").json() == ["a"]
""",
    },
    "plain tests with fixtures that become async, on anyio": {
        "tests/conftest.py": CONFTEST + BACKEND,
        "tests/test_notes.py": """\
import pytest

from app import crud


@pytest.fixture
def note(db):
    return crud.add(db, "a")


def test_note(note):
    assert note.text == "a"


class TestNotes:
    made = []

    @pytest.fixture(autouse=True)
    def note(self, db):
        self.made.append(crud.add(db, "b").text)

    def test_nothing(self):
        assert self.made == ["b"]
""",
    },
    "mocks in fixtures, attributes and classes of tests": {
        "app/store.py": """\
from sqlalchemy.orm import Session

from app import crud


class Store:
    def __init__(self, db: Session):
        self.db = db

    def all(self):
        return crud.texts(self.db)

    def add(self, text):
        return crud.add(self.db, text)


class Shelf:
    def __init__(self, store: Store):
        self.store = store

    def copy(self, text):
        return [*self.store.all(), self.store.add(text)]
""",
        "tests/test_store.py": """\
import unittest
from unittest.mock import MagicMock, Mock

import pytest

from app.store import Shelf, Store


class FakeStore:
    def all(self):
        return ["fake"]

    def add(self, text):
        return text


@pytest.fixture
def session():
    return MagicMock()


@pytest.fixture
def store(session):
    return Store(session)


def test_fixtures(session, store):
    session.execute.return_value.scalars.return_value = ["a"]
    assert store.all() == ["a"]
    assert store.add("b").text == "b"
    session.commit.assert_called_once()


def test_fake():
    assert Shelf(FakeStore()).copy("b") == ["fake", "b"]


def test_bare():
    store = MagicMock()
    store.all.return_value = ["a"]
    store.add.side_effect = ["b"]
    assert Shelf(store).copy("b") == ["a", "b"]


class Base(unittest.TestCase):
    def setUp(self):
        self.session = Mock()
        self.store = Store(db=self.session)


class StoreCase(Base):
    def setUp(self):
        super().setUp()
        self.mock = MagicMock(spec=Store)
        self.shelf = Shelf(self.mock)

    def test_add(self):
        self.assertEqual(self.store.add("a").text, "a")
        self.session.add.assert_called_once()

    def test_shelf(self):
        self.mock.all.return_value = []
        self.mock.add.return_value = "b"
        self.assertEqual(self.shelf.copy("b"), ["b"])
""",
    },
    "set-up of test cases, inherited and of the class": {
        "tests/base.py": """\
import unittest

from fastapi.testclient import TestClient

from app import crud, models
from app.db import Base, SessionLocal, engine
from app.main import app


class Plain(unittest.TestCase):
    def setUp(self):
        self.client = TestClient(app)


class WithNote(Plain):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Base.metadata.create_all(engine)
        with SessionLocal() as db:
            crud.add(db, "class")

    @classmethod
    def tearDownClass(cls):
        Base.metadata.drop_all(engine)
        super().tearDownClass()

    def setUp(self):
        super(WithNote, self).setUp()
        self.db = SessionLocal()

    def tearDown(self):
        self.db.close()
        super().tearDown()
""",
        "tests/test_cases.py": """\
from app import crud
from app.db import SessionLocal
from tests.base import WithNote

started = []


def setUpModule():
    with SessionLocal() as db:
        started.append(db.is_active and db.connection() is not None)


class NotesCase(WithNote):
    def setUp(self):
        super().setUp()
        crud.add(self.db, self._testMethodName)

    def test_one(self):
        self.assertEqual(self.client.get("/notes").json(), ["class", "test_one"])

    def test_two(self):
        self.assertEqual(crud.texts(self.db), ["class", "test_one", "test_two"])


class MoreCase(WithNote):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with SessionLocal() as db:
            cls.before = crud.texts(db)

    def test_three(self):
        self.assertEqual((self.before, started), (["class"], [True]))
""",
        "tests/__init__.py": "",
    },
    "overrides in a display": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
from unittest.mock import MagicMock, patch

from app import crud
from app.db import get_db
from app.main import app, owner


def test_mock(client):
    other = MagicMock()
    other.execute.return_value.scalars.return_value = ["a"]
    with patch.dict(app.dependency_overrides, {get_db: lambda: other}):
        assert client.get("/notes").json() == ["a"]
    assert client.get("/notes").json() == []


def test_lambda(client, db):
    app.dependency_overrides.update({owner: lambda: crud.texts(db)})
    assert client.get("/owner").json()["name"] == []
    app.dependency_overrides = {owner: lambda: "me", get_db: lambda: db}
    assert client.get("/owner").json()["name"] == "me"
""",
    },
    "what pytest and unittest are given to call": {
        "tests/conftest.py": """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine, get_db
from app.main import app


@pytest.fixture
def db(request):
    Base.metadata.create_all(engine)
    session = SessionLocal()

    def drop():
        session.close()
        Base.metadata.drop_all(engine)

    request.addfinalizer(drop)
    return session


@pytest.fixture
def client(db, request):
    app.dependency_overrides[get_db] = lambda: db
    made = TestClient(app)
    request.addfinalizer(made.close)
    return made
""",
        "tests/test_notes.py": """\
import unittest

import pytest
from fastapi.testclient import TestClient

from app import crud
from app.db import Base, SessionLocal, engine
from app.main import app


def test_add(client, db):
    assert client.post("/notes", params={"text": "a"}).json() == {"text": "a"}
    pytest.raises(TypeError, crud.add, db)
    pytest.raises(TypeError, lambda: crud.add(db, "a", "b"))
    error = pytest.raises(Exception, crud.add, db=db, text=None)
    db.rollback()
    assert "NULL" in str(error.value)
    pytest.raises(ZeroDivisionError, divmod, 1, 0)
    assert crud.texts(db) == ["a"]


class Case(unittest.TestCase):
    def setUp(self):
        Base.metadata.create_all(engine)
        self.client = TestClient(app)
        self.addCleanup(self.client.close)
        self.db = SessionLocal()
        self.addCleanup(self.db.close)
        self.addCleanup(print, "done")

    def test_add(self):
        crud.add(self.db, "b")
        self.assertRaises(TypeError, crud.add, self.db)
        self.assertRaisesRegex(TypeError, "text", crud.add, db=self.db)
        self.assertIn("b", self.client.get("/notes").json())
""",
    },
    "mocks of factories in blocks": {
        "app/jobs.py": """\
from contextlib import contextmanager

from app import crud
from app.db import SessionLocal


def count():
    db = SessionLocal()
    try:
        return len(crud.texts(db))
    finally:
        db.close()


def note(text):
    with SessionLocal() as db:
        crud.add(db, text)


@contextmanager
def scope():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def all_texts():
    with scope() as db:
        return crud.texts(db)
""",
        "tests/test_jobs.py": """\
from unittest import mock
from unittest.mock import patch

import pytest

from app import jobs
from app.db import get_db


def test_count():
    with patch("app.jobs.SessionLocal") as factory:
        factory.return_value.execute.return_value.scalars.return_value = ["a", "b"]
        assert jobs.count() == 2
        factory.return_value.close.assert_called_once()


def test_get_db():
    with patch("app.db.SessionLocal") as factory:
        steps = get_db()
        session = next(steps)
        assert session is factory.return_value
        with pytest.raises(StopIteration):
            next(steps)
        session.close.assert_called_once_with()


@patch("app.jobs.scope")
def test_scope(scope):
    db = mock.MagicMock()
    scope.return_value.__enter__.return_value = db
    db.execute.return_value.scalars.return_value = ["a"]
    assert jobs.all_texts() == ["a"]


def test_scope_in_a_block():
    with patch("app.jobs.scope") as scope:
        session = scope.return_value.__enter__.return_value
        session.execute.return_value.scalars.return_value = ["b"]
        assert jobs.all_texts() == ["b"]


def test_note():
    with mock.patch("app.jobs.SessionLocal") as factory, mock.patch("app.crud.texts"):
        session = factory.return_value.__enter__.return_value
        jobs.note("a")
        session.add.assert_called_once()
        session.commit.assert_called_once()
""",
    },
    "the agent that a middleware of a library has read": {
        "tests/conftest.py": CONFTEST,
        "tests/test_notes.py": """\
class Noted:
    def __init__(self, app, seen):
        self.app, self.seen = app, seen

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.seen.append(dict(scope["headers"])[b"user-agent"].decode())
        await self.app(scope, receive, send)


def test_agent(client):
    seen = []
    client.app.user_middleware.clear()
    client.app.middleware_stack = None
    client.app.add_middleware(Noted, seen=seen)
    client.get("/notes")
    assert {"agent": seen[0]} == {"agent": "testclient"}
""",
    },
}


@pytest.mark.parametrize("name", SUITES)
def test_suite_passes_before_and_after(name: str, tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITES[name]})
    assert code == 0, output
    migrated, findings = flip(SUITES[name], steps=STEPS)
    assert not findings
    assert not any("TestClient" in text for text in migrated.values())
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {}, STEPS)
    assert again == migrated


def test_clients_stay_where_a_person_says_so(tmp_path: Path) -> None:
    """What the suite does with its database is awaited all the same."""
    suite = {**OLD["fixtures, lifespan, address and helpers"], **OLD["set-up by name"]}
    migrated, findings = flip(suite, steps=STEPS, config=Config(tests="testclient"))
    assert not findings
    assert "AsyncClient" not in "".join(migrated.values())
    assert "async def db()" in migrated["tests/conftest.py"]
    code, output = pytest_run(tmp_path, migrated)
    assert code == 0, output


def test_helpers_for_a_client_that_stays_do_not_await_it(tmp_path: Path) -> None:
    helper = """\
from fastapi.testclient import TestClient


class Api:
    def __init__(self, client: TestClient):
        self.client = client

    def read(self):
        return self.client.get("/notes").json()

    @property
    def texts(self):
        return self.client.get("/notes").json()
"""
    tests = (
        "from api import Api\n\n\ndef test_texts(client):\n    assert Api(client).texts == Api(client).read() == []\n"
    )
    suite = {"tests/conftest.py": CONFTEST, "tests/api.py": helper, "tests/test_notes.py": tests}
    migrated, findings = flip(suite, steps=STEPS)
    assert {f.code for f in findings} == {"test-client-place"}
    code, output = pytest_run(tmp_path, migrated)
    assert code == 0, output


def test_an_import_from_a_folder_without_init(tmp_path: Path) -> None:
    conftest = f"import os\n\n{CONFTEST}"
    conftest += """

from parts import words
from sqlalchemy import create_engine as create

other = create(os.environ.get("OTHER_URL", "sqlite://"))


@pytest.fixture
def word():
    with other.connect() as connection:
        return connection.exec_driver_sql(f"SELECT '{words.WORD}'").scalar()
"""
    tests = "def test_word(word):\n    assert word == 'a'\n"
    suite = {"tests/conftest.py": conftest, "tests/test_words.py": tests, "parts/words.py": 'WORD = "a"\n'}
    code, output = pytest_run(tmp_path / "before", {**APP, **suite})
    assert code == 0, output
    migrated, findings = flip(suite, steps=STEPS)
    assert not findings
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
