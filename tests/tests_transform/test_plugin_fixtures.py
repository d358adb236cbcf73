"""Fixtures of a pytest plugin that the repository has itself, in suites that pass before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import APP, flip, pytest_run

from asyncify.analysis.pytest_plugins import plugin_modules

PLUGIN = """\
import pytest
from fastapi.testclient import TestClient

from app.db import Base, engine
from app.main import app


class Notes:
    def __init__(self, http):
        self.http = http

    def add(self, text):
        return self.http.post("/notes", params={"text": text})


@pytest.fixture
def notes():
    Base.metadata.create_all(engine)
    with TestClient(app) as http:
        yield Notes(http)
    Base.metadata.drop_all(engine)
"""
TESTS = """\
import pytest


@pytest.fixture
def filled(notes):
    notes.add("one")
    return notes


def test_add(filled):
    assert filled.add("two").json() == {"text": "two"}
    assert filled.http.get("/notes").json() == ["one", "two"]
"""


def test_suite_passes_before_and_after(tmp_path: Path) -> None:
    suite = {
        **APP,
        "app/testing.py": PLUGIN,
        "tests/test_notes.py": TESTS,
        "pytest.ini": "[pytest]\npythonpath = .\naddopts = -q\n    -p app.testing\n",
    }
    code, printed = pytest_run(tmp_path / "before", suite)
    assert code == 0, printed
    migrated, _ = flip(suite)
    code, printed = pytest_run(tmp_path / "after", migrated)
    assert code == 0, printed
    assert "await filled.add(" in migrated["tests/test_notes.py"]
    assert flip(migrated, {})[0] == migrated


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project.entry-points.pytest11]\napp = "app.testing"\n'),
        ("pyproject.toml", '[tool.poetry.plugins."pytest11"]\napp = "app.testing"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-q", "-p", "app.testing"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-p no:randomly -papp.testing --cov"\n'),
        ("setup.cfg", "[options.entry_points]\npytest11 =\n    app = app.testing\n"),
        ("api/tox.ini", "[tox]\nenvlist = py\n[pytest]\naddopts = -p app.testing\n"),
        ("setup.py", 'setup(entry_points={"console_scripts": ["a = b:c"], "pytest11": ["app=app.testing"]})\n'),
        ("setup.py", 'setup(\n    entry_points="""\n    [pytest11]\n    app = app.testing\n    """,\n)\n'),
    ],
)
def test_what_names_a_plugin(path: str, text: str) -> None:
    assert list(plugin_modules({path: text.encode(), "notes.txt": b"-p app.other"})) == [(path, "app.testing")]


@pytest.mark.parametrize("path", ["pyproject.toml", "setup.cfg", "setup.py", "pytest.ini"])
def test_what_cannot_be_read_names_none(path: str) -> None:
    assert not list(plugin_modules({path: b"= [\xff-p app.testing"}))


@pytest.mark.parametrize(
    ("path", "data"), [("tox.ini", b"[testenv]\ncommands\n    pytest\n"), ("setup.py", b"setup()\0\n")]
)
def test_what_parsers_stumble_over_names_none(path: str, data: bytes) -> None:
    assert not list(plugin_modules({path: data}))
