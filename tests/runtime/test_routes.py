"""The answers of an app are recorded in its own process and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.model.plan import Workspace
from asyncify.runtime import routes
from asyncify.runtime.environment import run_python
from asyncify.runtime.routes import Answer, Difference, Recording
from asyncify.runtime.suite import run_suite
from tests.fakes import put

APP = """\
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

started = []

@asynccontextmanager
async def lifespan(app):
    print("noise on stdout")
    started.append(1)
    yield

app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)

@app.get("/")
def home():
    return {"started": started, "database": os.environ.get("DATABASE_URL"), "sku": "A-1", "ids": [{"id": 7}]}

@app.get("/items/{sku}")
def item(sku: str):
    return {"item": sku}

@app.get("/books/{book_id}")
async def book(book_id: int):
    return {"book": book_id}

@app.get("/page", response_class=HTMLResponse, include_in_schema=False)
def page():
    return '<a href="/deep/er?x=1">deep</a> <a href="https://example.test/">out</a>'

@app.get("/deep/{where}", include_in_schema=False)
def deep(where: str):
    return where

@app.get("/broken")
def broken():
    raise ValueError

@app.post("/never")
def never():
    raise SystemExit
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = put(tmp_path_factory.mktemp("app"), {"main.py": APP})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", "postgresql://real")
        return routes.record(folder, "main:app")


def test_every_get_route_is_asked_within_the_lifespan(recording: Recording) -> None:
    assert recording.failure == ""
    assert recording.answers["/"].body == '{"started":[1],"database":null,"sku":"A-1","ids":[{"id":7}]}'
    assert recording.answers["/broken"].status == 500
    assert recording.answers["/openapi.json"].status == 200
    assert "/never" not in recording.answers


def test_the_environment_of_the_user_does_not_reach_the_app(recording: Recording) -> None:
    assert '"database":null' in recording.answers["/"].body


def test_answers_lead_to_further_routes(recording: Recording) -> None:
    assert recording.answers["/items/A-1"].body == '{"item":"A-1"}'
    assert recording.answers["/books/7"].body == '{"book":7}'
    assert recording.answers["/deep/er?x=1"].body == '"er"'
    assert not [path for path in recording.answers if "example.test" in path]


def test_an_app_that_does_not_start_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path, {"main.py": "raise RuntimeError('no database')\n"})
    assert routes.record(tmp_path, "main:app") == Recording({}, "RuntimeError: no database")


def test_differences_name_both_answers() -> None:
    same, old, new = (Answer(200, "", body) for body in "abc")
    before = Recording({"/same": same, "/changed": old, "/gone": old})
    after = Recording({"/same": same, "/changed": new, "/new": new})
    assert routes.differences(before, after) == (
        Difference("/changed", old, new),
        Difference("/gone", old, None),
        Difference("/new", None, new),
    )


def test_databases_are_restored(tmp_path: Path) -> None:
    put(tmp_path, {"a.db": b"old", "deep/b.sqlite3": b"old", "c.py": b"old"})
    saved = routes.databases(tmp_path)
    put(tmp_path, {"a.db": b"new", "more.db": b"new", "c.py": b"new"})
    (tmp_path / "deep/b.sqlite3").unlink()
    routes.restore(tmp_path, saved)
    files = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {"a.db": b"old", "deep/b.sqlite3": b"old", "c.py": b"new"}


@pytest.mark.parametrize(
    ("files", "app"),
    [
        ({"main.py": "app = FastAPI()"}, "main:app"),
        ({"src/shop/__init__.py": "api = fastapi.FastAPI(title='x')"}, "shop:api"),
        ({"a/b/main.py": "app = FastAPI()", "a/z.py": "web = FastAPI()"}, "a.z:web"),
        ({"main.py": "def f():\n    app = FastAPI()", "bad.py": "FastAPI( ="}, None),
    ],
)
def test_the_app_is_found(files: dict[str, str], app: str | None) -> None:
    workspace = Workspace(Path("/nowhere"), {path: text.encode() for path, text in files.items()})
    assert routes.find_app(workspace) == app


def test_a_suite_is_green_or_not(tmp_path: Path) -> None:
    put(tmp_path, {"test_a.py": "def test_a(): pass\ndef test_b(): pass\n"})
    green = run_suite(tmp_path)
    assert (green.green, green.passed) == (True, 2)
    assert green.closing.startswith("2 passed")
    put(tmp_path, {"test_a.py": "def test_a(): pass\ndef test_b(): assert 0\n"})
    red = run_suite(tmp_path)
    assert (red.green, red.passed) == (False, 1)
    assert "assert 0" in red.output


def test_a_suite_that_cannot_start_says_why(tmp_path: Path) -> None:
    put(tmp_path, {"conftest.py": "raise RuntimeError('no engine')\n", "test_a.py": ""})
    outcome = run_suite(tmp_path)
    assert (outcome.green, outcome.passed) == (False, 0)
    assert outcome.closing == "E   RuntimeError: no engine"


def test_no_tests_are_not_green(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": ""})
    assert not run_suite(tmp_path).green


def test_python_runs_without_the_users_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setenv("PATH", "/bin")
    done = run_python(["-c", "import os; print('SECRET_KEY' in os.environ, os.environ['PATH'])"], tmp_path)
    assert done.stdout == "False /bin\n"
