"""Which clients become async, what keeps the others, and what the new ones are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip

from asyncify.analysis.program import build
from asyncify.analysis.test_clients import find_clients
from asyncify.model.plan import Workspace

HEAD = "from fastapi.testclient import TestClient\n\nfrom app.main import app\n\n"

KEPT = {
    "test-client-only": (
        "def test_a():\n    with TestClient(app).websocket_connect('/') as socket:\n        socket.close()\n"
    ),
    "test-client-place": "client = TestClient(app)\ntoken = client.get('/').text\n",
    "test-client-library": (
        "from locust import drive\n\ndef test_a():\n"
        "    client = TestClient(app)\n    drive(client)\n    client.get('/')\n"
    ),
    "test-client-arguments": "def test_a(options):\n    TestClient(app, **options).get('/')\n",
    "test-client-subclass": (
        "class Api(TestClient):\n    def get(self, url):\n        return url\n\n\n"
        "def test_a():\n    Api(app).get('/')\n"
    ),
    "test-client-app": (
        "from starlette.middleware.gzip import GZipMiddleware\n\n\n"
        "def test_a():\n    with TestClient(GZipMiddleware(app)) as client:\n        client.get('/')\n"
    ),
}


@pytest.mark.parametrize("code", KEPT)
def test_kept_with_a_reason(code: str) -> None:
    migrated, findings = flip({"tests/test_a.py": HEAD + KEPT[code]})
    assert code in {f.code for f in findings}
    assert migrated["tests/test_a.py"] == HEAD + KEPT[code]


@pytest.mark.parametrize(
    "place",
    [
        "def test_a():\n    check = lambda: TestClient(app).get('/')\n    check()\n",
        "class Page:\n    @property\n    def text(self):\n        return TestClient(app).get('/').text\n",
        (
            "class Page:\n    def __str__(self):\n        return fetch()\n\n\n"
            "def fetch():\n    return TestClient(app).get('/').text\n"
        ),
        "from threading import Thread\n\n\ndef work():\n    TestClient(app).get('/')\n\n\n"
        "def test_a():\n    Thread(target=work).start()\n",
        "def pytest_sessionstart(session):\n    TestClient(app).get('/')\n",
    ],
)
def test_kept_where_await_cannot_stand(place: str) -> None:
    _, findings = flip({"tests/conftest.py": HEAD + place})
    assert "test-client-place" in {f.code for f in findings}


def test_clients_that_come_to_one_place_stay_together() -> None:
    text = HEAD + (
        "import pytest\n\n\n@pytest.fixture(params=[1, 2])\ndef client(request):\n    if request.param == 1:\n"
        "        return TestClient(app)\n    return TestClient(app, 'http://b')\n\n\n"
        "def test_a(client):\n    assert client.portal is None\n"
    )
    workspace = Workspace(Path("/x"), {p: t.encode() for p, t in {**APP, "tests/test_a.py": text}.items()})
    clients = find_clients(build(workspace))
    assert len(clients.made) == 2
    assert not clients.convertible


def test_a_program_without_a_database_keeps_its_tests() -> None:
    app = {"app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}
    test = "from fastapi.testclient import TestClient\n\nfrom app import app\n\nclient = TestClient(app)\n"
    migrated, findings = flip({"test_app.py": test}, app)
    assert migrated == {**app, "test_app.py": test}
    assert not findings


def test_state_of_the_lifespan_reaches_the_requests() -> None:
    app = {**APP, "app/main.py": APP["app/main.py"].replace("    yield\n", "    yield {'pool': 1}\n")}
    test = HEAD + "def test_a():\n    with TestClient(app) as client:\n        client.get('/notes')\n"
    migrated, _ = flip({"tests/test_a.py": test}, app)
    assert "async with app.router.lifespan_context(app) as state, AsyncClient(" in migrated["tests/test_a.py"]
    assert 'app({**scope, "state": dict(state or {})}, receive, send)' in migrated["tests/test_a.py"]


def test_an_app_that_is_made_in_place_is_made_once() -> None:
    app = {**APP, "app/main.py": APP["app/main.py"] + "\n\ndef create_app():\n    return FastAPI(lifespan=lifespan)\n"}
    test = (
        "from fastapi.testclient import TestClient\n\nfrom app.main import create_app\n\n\n"
        "def test_a():\n    with TestClient(create_app()) as client:\n        client.get('/notes')\n"
    )
    migrated, _ = flip({"tests/test_a.py": test}, app)
    text = migrated["tests/test_a.py"]
    assert text.count("create_app()") == 1
    assert "    app = create_app()\n    async with app.router.lifespan_context(app), AsyncClient(" in text


def test_httpx2_where_the_project_has_it() -> None:
    test = HEAD + "client = TestClient(app)\n"
    migrated, _ = flip({"tests/test_a.py": test, "requirements.txt": "fastapi\nhttpx2\n"})
    assert "from httpx2 import ASGITransport, AsyncClient" in migrated["tests/test_a.py"]


def test_a_subclass_gets_another_base() -> None:
    test = HEAD + (
        "class Api(TestClient):\n    def notes(self):\n        return self.get('/notes').json()\n\n\n"
        "def test_a():\n    assert Api(app).notes() == []\n"
    )
    text = flip({"tests/test_a.py": test})[0]["tests/test_a.py"]
    assert (
        "class Api(AsyncClient):\n    async def notes(self):\n        return (await self.get('/notes')).json()" in text
    )
    assert "Api(\n        transport=ASGITransport(app=app, client=(" in text
    assert "assert await Api(" in text


def test_a_subclass_with_answers_of_its_own_beside_a_client() -> None:
    fake = HEAD + (
        "import pytest\n\n\nclass Fake(TestClient):\n    def post(self, *args, **kwargs):\n        return args\n\n\n"
        "@pytest.fixture\ndef fake():\n    yield Fake(app)\n\n\ndef test_a(fake):\n    assert fake.post('/')\n"
    )
    plain = HEAD + "def test_b():\n    assert TestClient(app).get('/')\n"
    migrated, _ = flip({"tests/test_a.py": fake, "tests/test_b.py": plain})
    assert migrated["tests/test_a.py"] == fake
    assert "AsyncClient" in migrated["tests/test_b.py"]


def test_what_functions_inside_give_is_not_what_a_fixture_gives() -> None:
    text = HEAD + (
        "import pytest\nfrom typing import Iterator\n\nfrom app.db import SessionLocal, get_db\n\n\n"
        "@pytest.fixture\ndef client() -> Iterator[TestClient]:\n"
        "    session = SessionLocal()\n\n    def lent():\n        return session\n\n"
        "    app.dependency_overrides[get_db] = lent\n    yield TestClient(app)\n"
    )
    migrated = flip({"tests/conftest.py": text})[0]["tests/conftest.py"]
    assert "def client() -> AsyncIterator[AsyncClient]:" in migrated
    assert "TestClient" not in migrated


def test_the_app_of_a_client_where_its_name_means_something_else() -> None:
    test = HEAD + (
        "import pytest\n\n\n@pytest.fixture\ndef client():\n    yield TestClient(app)\n\n\n"
        "@pytest.fixture\ndef override(client):\n    def inner(user):\n        app = client.app\n"
        "        app.dependency_overrides[user] = lambda: 1\n    return inner\n\n\n"
        "def test_a(client, override):\n    override(len)\n    assert client.app is app\n    client.get('/notes')\n"
    )
    text = flip({"tests/test_a.py": test})[0]["tests/test_a.py"]
    assert "        app = client._transport.app\n" in text
    assert "    assert app is app\n" in text


def test_the_app_of_a_client_that_a_fixture_is_given() -> None:
    conftest = (
        "import pytest\nfrom fastapi.testclient import TestClient\n\nfrom app.main import app\n\n\n"
        "def put_note(client):\n    with client.app.state.notes() as notes:\n        notes.add(1)\n\n\n"
        "@pytest.fixture\ndef filled_app():\n    return app\n\n\n"
        "@pytest.fixture\ndef client(filled_app):\n    return TestClient(filled_app)\n\n\n"
        "@pytest.fixture\ndef note_client(client):\n    put_note(client)\n    return client\n"
    )
    test = "def test_a(note_client):\n    assert note_client.get('/notes')\n"
    migrated = flip({"tests/conftest.py": conftest, "tests/test_a.py": test})[0]["tests/conftest.py"]
    assert "with client._transport.app.state.notes() as notes:" in migrated


@pytest.mark.parametrize(
    ("listed", "told", "keyword"),
    [
        ("httpx==0.15.5", "", "allow_redirects"),
        ("httpx>=0.18,<0.20", "", "allow_redirects"),
        ("httpx==0.20.0", ", follow_redirects=True", "follow_redirects"),
        ("httpx", ", follow_redirects=True", "follow_redirects"),
    ],
)
def test_redirects_are_said_in_the_words_of_the_client(listed: str, told: str, keyword: str) -> None:
    test = HEAD + "def test_a():\n    TestClient(app).get('/', allow_redirects=False)\n"
    migrated, _ = flip({"tests/test_a.py": test, "requirements.txt": f"fastapi\nsqlalchemy\n{listed}\n"})
    text = " ".join(migrated["tests/test_a.py"].split()).replace(" )", ")").replace(",)", ")")
    assert f"""base_url="http://testserver"{told}).get('/', {keyword}=False)""" in text
