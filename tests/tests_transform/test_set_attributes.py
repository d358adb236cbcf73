"""What fixtures set on classes of tests and on clients, in suites that pass before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run
from tests_transform.test_mocks import SERVICE

ON_CLASSES = """\
from unittest.mock import MagicMock, Mock

import pytest
from sqlalchemy.orm import Session

from app import service
from app.service import Repository, Service


@pytest.fixture
def parts(request):
    repository = MagicMock()
    session = Mock(spec=Session)
    request.cls.repository = repository
    request.cls.service = Service(repository)
    request.cls.session = session
    request.cls.real = Repository(session)


@pytest.mark.usefixtures("parts")
class TestMarked:
    def test_service(self):
        self.repository.all.return_value = ["a"]
        self.repository.label.return_value = "x"
        assert self.service.count() == "1 x"

    def test_session(self):
        self.session.execute.return_value.scalars.return_value = ["a", "b"]
        assert self.real.all() == ["a", "b"]
        assert self.real.label() == "notes"


class TestNamed:
    def test_first(self, parts):
        self.session.execute.return_value.scalars.return_value.first.return_value = "note"
        assert service.first(self.session) == "note"
        self.session.commit.assert_called_once()


class TestAutomatic:
    @pytest.fixture(autouse=True)
    def own(self, request):
        request.cls.made = Service(Mock(spec=Repository))

    def test_own(self):
        self.made.repository.all.return_value = []
        self.made.repository.label.return_value = "none"
        assert self.made.count() == "0 none"
"""
ON_CLIENTS = """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, engine
from app.main import app


class Notes:
    def __init__(self, client):
        self.client = client

    def texts(self):
        return self.client.get("/notes").json()


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    client = TestClient(app)

    def add(text):
        return client.post("/notes", params={"text": text}).json()["text"]

    client.add_note = add
    client.notes = Notes(client)
    client.headers = {"x-name": "a"}
    yield client
    Base.metadata.drop_all(engine)


def test_add(client):
    assert client.add_note("a") == "a"
    assert client.notes.texts() == ["a"]
    assert client.headers["x-name"] == "a"
"""
SESSION_ON_CLIENT = """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, SessionLocal, engine
from app.main import app
from app.models import Note


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    with SessionLocal() as session, TestClient(app) as made:
        setattr(made, "session", session)
        made.engine = engine
        yield made
    Base.metadata.drop_all(engine)


def test_add(client):
    client.session.add(Note(text="a"))
    client.session.commit()
    assert client.get("/notes").json() == ["a"]
    assert client.session.query(Note).count() == 1
    with client.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT text FROM notes").scalar() == "a"
"""


@pytest.mark.parametrize(
    "tests", [ON_CLASSES, ON_CLIENTS, SESSION_ON_CLIENT], ids=["classes", "clients", "sessions on clients"]
)
def test_suite_passes_before_and_after(tmp_path: Path, tests: str) -> None:
    files = {**SERVICE, "tests/test_set.py": tests}
    code, output = pytest_run(tmp_path / "before", {**APP, **files})
    assert code == 0, output
    migrated, _ = flip(files)
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated
