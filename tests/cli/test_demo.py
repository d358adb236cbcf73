"""`asyncify demo` migrates a copy, and says whether it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify.cli import demo
from asyncify.cli.demo import APPS, bundled
from asyncify.model.exit_codes import ExitCode
from tests.cli.conftest import Run
from tests.fakes import put

APP = """\
from types import SimpleNamespace
from fastapi import FastAPI

app = FastAPI(docs_url=None, redoc_url=None)
settings = SimpleNamespace(legacy="word", modern="word")

@app.get("/")
def home():
    return settings.legacy
"""

TEST = "def test_home():\n    import main\n    assert main.home() == 'word'\n"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small app in the place of the bundled ones."""
    folder = put(tmp_path / "example", {"main.py": APP, "test_main.py": TEST, "stale.db": "old"})
    monkeypatch.setattr(demo, "bundled", lambda app: folder)
    return folder


def test_all_green_and_equal(run: Run, example: Path) -> None:
    done = run("demo")
    assert done.code == ExitCode.OK
    lines = [line.split() for line in done.out.splitlines()]
    assert next(line for line in lines if line[:1] == ["tests"])[:3] == ["tests", "1", "passed"]
    assert ["before", "1", "passed", "2", "answers", "recorded", "ok"] in lines
    assert ["query", "1", "passed", "2", "of", "2", "answers", "as", "before", "ok"] in lines
    assert ["second", "run", "nothing", "to", "change", "ok"] in lines
    assert "1 file, 1 edit" in done.out
    assert (example / "main.py").read_text() == APP, "only a copy is migrated"
    assert "is in" not in done.err


def test_the_diff_is_shown_when_asked_for(run: Run, example: Path) -> None:
    assert "+    return settings.modern\n" in run("demo", "--diff").out


def test_the_folder_is_kept_when_asked_for(run: Run, example: Path) -> None:
    done = run("demo", "--keep")
    kept = Path(done.err.split("The migrated app is in ")[1].strip())
    assert "settings.modern" in (kept / "main.py").read_text()
    assert not (kept / "stale.db").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('modern="word"', 'modern="other"', "/: 200 before, 200 now"),
        ('modern="word"', "m=1", "1 failed"),
        ("legacy", "modern", "Nothing to change."),
    ],
)
def test_what_does_not_work_fails_and_keeps_the_folder(run: Run, example: Path, old: str, new: str, said: str) -> None:
    put(example, {"main.py": APP.replace(old, new)})
    done = run("demo")
    assert done.code == ExitCode.FAILED
    assert said in done.out
    assert "The migrated app is in" in done.err


def test_missing_libraries_are_named(run: Run, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "NEEDED", ("pytest", "no_such_library"))
    done = run("demo")
    assert done.code == ExitCode.USAGE
    assert "needs no_such_library; install them with `pip install 'asyncify-fastapi[demo]'`" in done.err


@pytest.mark.parametrize("app", APPS)
def test_every_app_is_bundled_with_tests(app: str) -> None:
    assert (bundled(app) / "tests").is_dir()
