"""More whole suites: they pass before the step and after it, and nothing in them stays synchronous."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run
from test_suites import CONFTEST

BACKEND = '\n\n@pytest.fixture(scope="session")\ndef anyio_backend():\n    return "asyncio"\n'

SUITES = {
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
    "a fixture that is called like a test, on anyio": {
        "tests/conftest.py": CONFTEST.replace("def db():", "def test_db():").replace("(db)", "(test_db)").replace(
            "lambda: db", "lambda: test_db"
        )
        + BACKEND,
        "tests/test_notes.py": """\
from app import crud


def test_add(test_db, client):
    crud.add(test_db, "a")
    assert client.get("/notes").json() == ["a"]
""",
    },
}


@pytest.mark.parametrize("name", SUITES)
def test_suite_passes_before_and_after(name: str, tmp_path: Path) -> None:
    code, output = pytest_run(tmp_path / "before", {**APP, **SUITES[name]})
    assert code == 0, output
    migrated, _ = flip(SUITES[name])
    assert not any("TestClient" in text for text in migrated.values())
    code, output = pytest_run(tmp_path / "after", migrated)
    assert code == 0, output
    again, _ = flip(migrated, {})
    assert again == migrated
