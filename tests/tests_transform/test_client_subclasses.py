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


OWN = """\
from fastapi.testclient import TestClient

SENT = []


class Closing(TestClient):
    def __enter__(self):
        SENT.append("in")
        return super().__enter__()

    def __exit__(self, *args):
        result = super().__exit__(*args)
        SENT.append("out")
        return result


class Named(TestClient):
    def request(self, method, url, **kwargs):
        SENT.append(method)
        response = super().request(method, url, **kwargs)
        assert response.status_code
        return response

    def post(self, *args, **kwargs):
        return super().post(*args, **kwargs)
"""

OWN_TESTS = """\
import pytest

from app import main
from app.main import app
from tests.clients import SENT, Closing, Named


@pytest.fixture
def closing():
    with Closing(app) as client:
        yield client


@pytest.fixture
def named():
    return Named(app, base_url="http://named")


def test_closing(closing):
    assert closing.get("/nothing").status_code == 404
    assert main.started and SENT.pop() == "in"


def test_closed():
    with Closing(app) as client:
        client.get("/nothing")
    assert SENT.pop() == "out"


def test_named(named):
    assert named.post("/nothing").status_code == 404
    assert named.get("/nothing").json()
    assert SENT[-2:] == ["POST", "GET"]
"""


def test_methods_of_the_client_that_a_subclass_has_itself_wait(tmp_path: Path) -> None:
    files = {**APP, "tests/__init__.py": "", "tests/clients.py": OWN, "tests/test_clients.py": OWN_TESTS}
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert "return await super().__aenter__()" in after["tests/clients.py"]
    for name, these in (("before", files), ("after", after)):
        code, output = pytest_run(tmp_path / name, these)
        assert code == 0, f"{name}: {output}"
    assert run_steps(result.after, stages()).after.files == result.after.files


def test_a_subclass_that_starts_nothing_where_it_is_entered_stays() -> None:
    alone = OWN.replace("return super().__enter__()", "return self")
    files = {**APP, "tests/__init__.py": "", "tests/clients.py": alone, "tests/test_clients.py": OWN_TESTS}
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    assert "class Closing(TestClient):" in result.after.files["tests/clients.py"].decode()
    messages = [f.message for step in result.steps for f in step.findings if f.code == "test-client-subclass"]
    assert messages == ["it stays a TestClient: Closing has its own __enter__"]


def test_a_subclass_that_answers_by_itself_stays(tmp_path: Path) -> None:
    clients = """\
from fastapi.testclient import TestClient

from app.main import app


class Answer:
    def __init__(self, text):
        self.text = text


class Silent(TestClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def post(self, *args, **kwargs):
        return Answer(kwargs.get("json").get("text"))


class Handed(TestClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
"""
    tests = """\
from app.main import app
from tests.clients import Handed, Silent


def test_silent():
    assert Silent(app).post("/", json={"text": "a"}).text == "a"


def test_handed():
    assert Handed(app).get("/nothing").status_code == 404
"""
    files = {**APP, "tests/__init__.py": "", "tests/clients.py": clients, "tests/test_clients.py": tests}
    result = run_steps(Workspace(Path("/nowhere"), {p: t.encode() for p, t in files.items()}), stages())
    after = {p: d.decode() for p, d in result.after.files.items()}
    assert after["tests/clients.py"] == clients and after["tests/test_clients.py"] == tests
    messages = [f.message for step in result.steps for f in step.findings if f.code == "test-client-subclass"]
    assert messages == ["it stays a TestClient: Silent has its own post"]
    for name, these in (("before", files), ("after", after)):
        code, output = pytest_run(tmp_path / name, these)
        assert code == 0, f"{name}: {output}"
