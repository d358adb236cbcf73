"""Functions and classes that tests are parametrized with, in a suite that passes before and after."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, flip, pytest_run

TESTS = """\
import pytest
from fastapi.testclient import TestClient

from app import crud
from app.db import Base, SessionLocal, engine
from app.main import app
from app.models import Note


@pytest.fixture
def client():
    Base.metadata.create_all(engine)
    with TestClient(app) as made:
        yield made
    Base.metadata.drop_all(engine)


def by_request(client, text):
    return client.post("/notes", params={"text": text}).json()["text"]


def by_session(client, text):
    with SessionLocal() as db:
        return crud.add(db, text).text


def plain(client, text):
    return text


class Adding:
    def __init__(self, client):
        self.client = client

    def add(self, text):
        return by_request(self.client, text)


@pytest.fixture(params=[by_request, by_session])
def added(request, client):
    return request.param(client, "fixture")


@pytest.mark.parametrize("add", [by_request, pytest.param(by_session, id="session"), plain])
def test_one(client, add):
    text = add(client, "one")
    assert text == "one"


@pytest.mark.parametrize(("add", "expected"), [(by_request, ["a"]), pytest.param(plain, [], id="none")])
def test_rows(client, add, expected):
    assert add(client, "a") == "a"
    assert client.get("/notes").json() == expected


@pytest.mark.parametrize("kind", [Adding])
class TestClasses:
    def test_class(self, client, kind):
        assert kind(client).add("b") == "b"


def test_fixture(added, client):
    assert added == "fixture"
    assert client.get("/notes").json() == ["fixture"]


class TestKept:
    by_way = pytest.mark.parametrize("way", [(by_request, ["c"]), (plain, [])])

    @by_way
    def test_way(self, client, way):
        add, expected = way
        assert add(client, "c") == "c"
        assert client.get("/notes").json() == expected


by_kind = pytest.mark.parametrize("kind, text", [(Adding, "d")])


@by_kind
def test_kept(client, kind, text):
    assert kind(client).add(text) == text


@pytest.mark.parametrize("model", [Note])
def test_model(client, model):
    with SessionLocal() as db:
        assert db.query(model).count() == 0
"""


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    suite = {**APP, "tests/test_notes.py": TESTS, "pytest.ini": "[pytest]\npythonpath = .\n"}
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    migrated, findings = flip(suite)
    assert not findings, findings
    code, printed = pytest_run(tmp_path / "after", migrated)
    assert code == 0, printed
    assert flip(migrated, {})[0] == migrated
