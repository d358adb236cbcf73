"""Subclasses of TestClient that are made where they are entered: `with Api(app) as client:`."""

from __future__ import annotations

from pathlib import Path

from repositories import APP, pytest_run

from asyncify.model.plan import Workspace
from asyncify.pipeline import run_steps, stages

FILES = {
    **APP,
    "tests/__init__.py": "",
    "tests/clients.py": """\
from fastapi.testclient import TestClient

from app.main import app


class Client(TestClient):
    def status(self, path):
        return self.get(path).status_code


class Api(TestClient):
    def __init__(self, base="http://api"):
        super().__init__(app, base_url=base)

    def first(self):
        return self.get("/nothing").status_code
""",
    "tests/test_clients.py": """\
from app import main
from app.main import app
from tests.clients import Api, Client


def test_entered():
    with Client(app) as client:
        assert client.status("/nothing") == 404
        assert main.started


def test_arguments():
    with Client(app, base_url="http://other"):
        assert main.started


def test_plain():
    client = Client(app)
    assert client.status("/nothing") == 404


def test_own_init():
    with Api() as client:
        assert client.first() == 404
        assert str(client.base_url) == "http://api"


def test_own_init_without_a_name():
    with Api("http://b"):
        assert main.started
""",
}


def test_clients_of_subclasses_are_made_once(tmp_path: Path) -> None:
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in FILES.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    tests = after["tests/test_clients.py"]
    assert "    async with app.router.lifespan_context(app), Client(\n        transport=ASGITransport(" in tests
    assert tests.count("Api(") == 2
    for name, files in (("before", FILES), ("after", after)):
        code, output = pytest_run(tmp_path / name, files)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files
