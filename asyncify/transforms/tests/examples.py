"""The examples of `tests`. It writes no `await`: that is what `await` does in the same step."""

from __future__ import annotations

from asyncify.transforms.base import Example

_APP = """\
from fastapi import FastAPI
from sqlalchemy.orm import Session

app = FastAPI()
"""

_FILTERS = """\
filterwarnings =
    error:coroutine (?!'AsyncMockMixin).* was never awaited:RuntimeWarning
    error:Exception ignored.*<coroutine object:pytest.PytestUnraisableExceptionWarning
"""
_INI = f"""\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
{_FILTERS}"""

_READY = {"app.py": _APP, "pytest.ini": _INI}

EXAMPLES = (
    Example(
        "a client for the whole module, and the settings of pytest",
        {
            "app.py": _APP,
            "test_app.py": (
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "client = TestClient(app)\n"
                "\n"
                "\n"
                "def test_home():\n"
                '    response = client.get("/")\n'
                "    assert response.status_code == 200\n"
            ),
        },
        {
            "test_app.py": (
                "from httpx import ASGITransport, AsyncClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "client = AsyncClient(\n"
                '    transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True\n'
                ")\n"
                "\n"
                "\n"
                "def test_home():\n"
                '    response = client.get("/")\n'
                "    assert response.status_code == 200\n"
            ),
            "pytest.ini": _INI,
        },
    ),
    Example(
        "arguments and annotations",
        {
            **_READY,
            "conftest.py": (
                "import pytest\n"
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "\n"
                "@pytest.fixture\n"
                "def client() -> TestClient:\n"
                '    return TestClient(app, "http://test", raise_server_exceptions=False, cookies={"a": "b"})\n'
            ),
        },
        {
            "conftest.py": (
                "import pytest\n"
                "from httpx import ASGITransport, AsyncClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "\n"
                "@pytest.fixture\n"
                "def client() -> AsyncClient:\n"
                "    return AsyncClient(\n"
                "        transport=ASGITransport(app=app, raise_app_exceptions=False),\n"
                '        base_url="http://test",\n'
                '        cookies={"a": "b"},\n'
                "        follow_redirects=True,\n"
                "    )\n"
            ),
        },
    ),
    Example(
        "`with` runs the lifespan of the app, so that is entered as well",
        {
            **_READY,
            "app.py": _APP.replace("FastAPI()", "FastAPI(lifespan=connected)"),
            "test_app.py": (
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "\n"
                "async def test_home():\n"
                "    with TestClient(app) as client:\n"
                "        # the tables are there now\n"
                '        assert client.base_url.host == "testserver"\n'
            ),
        },
        {
            "test_app.py": (
                "from httpx import ASGITransport, AsyncClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "\n"
                "async def test_home():\n"
                "    async with app.router.lifespan_context(app), AsyncClient(\n"
                '        transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True\n'
                "    ) as client:\n"
                "        # the tables are there now\n"
                '        assert client.base_url.host == "testserver"\n'
            ),
        },
    ),
    Example(
        "WebSockets need a TestClient",
        {
            **_READY,
            "test_app.py": (
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "\n"
                "def test_chat():\n"
                "    client = TestClient(app)\n"
                '    with client.websocket_connect("/chat") as socket:\n'
                '        assert socket.receive_text() == "hello"\n'
            ),
        },
        None,
        ("test-client-only",),
    ),
    Example(
        "a client that sends requests while the module is imported",
        {
            **_READY,
            "test_app.py": (
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "client = TestClient(app)\n"
                'token = client.post("/token").json()["token"]\n'
            ),
        },
        None,
        ("test-client-place",),
    ),
    Example(
        "what only the TestClient on requests knew",
        {
            **_READY,
            "test_app.py": (
                "import json\n"
                "\n"
                "from fastapi.testclient import TestClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "client = TestClient(app)\n"
                "\n"
                "\n"
                "async def check():\n"
                '    response = client.delete("/items", json={"id": 1}, allow_redirects=False)\n'
                "    assert response.ok\n"
                '    client.post("/items", data=json.dumps({"id": 1}))\n'
            ),
        },
        {
            "test_app.py": (
                "import json\n"
                "\n"
                "from httpx import ASGITransport, AsyncClient\n"
                "\n"
                "from app import app\n"
                "\n"
                "client = AsyncClient(\n"
                '    transport=ASGITransport(app=app), base_url="http://testserver", follow_redirects=True\n'
                ")\n"
                "\n"
                "\n"
                "async def check():\n"
                '    response = client.request("DELETE", "/items", json={"id": 1}, follow_redirects=False)\n'
                "    assert response.is_success\n"
                '    client.post("/items", content=json.dumps({"id": 1}))\n'
            ),
        },
    ),
)
