"""Where tests are run from, and what else may be odd about a run, decides nothing about what can be migrated."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from recorded_app import CONFTEST, MODELS
from recorded_runs import OLD, run_there
from sqlalchemy_versions import installed

from asyncify.api import load_evidence, read
from asyncify.model.errors import UsageError
from asyncify.model.plan import Workspace
from asyncify.runtime.recording.stack import Project

QUERIES = """\
from models import User


def lengths(db):
    return [len(user.posts) for user in db.query(User)]
"""
TEST = """\
from queries import lengths


def test_lengths(db):
    assert lengths(db) == [2]
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


@pytest.fixture
def monorepo(tmp_path: Path) -> Path:
    """The settings of pytest stand in a folder of the repository; the tests are run in it."""
    backend = {
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        "models.py": MODELS,
        "queries.py": QUERIES,
        "tests/conftest.py": CONFTEST,
        "tests/test_app.py": TEST,
    }
    (tmp_path / ".git").mkdir()
    write(tmp_path, {"tools/queries.py": "# another one\n", **{f"backend/{p}": text for p, text in backend.items()}})
    done = run_there(tmp_path / "backend", [installed("2.0").folder])
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


def places(file: Path, workspace: Workspace) -> set[str]:
    return {str(place) for x in load_evidence(file, workspace).loads for place in (x.read, x.loaded)}


def test_a_folder_of_the_repository(monorepo: Path) -> None:
    file = monorepo / "backend" / OLD
    assert places(file, read(monorepo)) == {"backend/queries.py:5"}
    assert places(file, read(monorepo / "backend")) == {"queries.py:5"}


def test_another_folder_a_file_that_is_gone_and_one_that_has_changed(monorepo: Path) -> None:
    file = monorepo / "backend" / OLD
    for folder in (monorepo / "tools", monorepo / "backend" / "tests"):
        with pytest.raises(UsageError, match=r"recorded in another repository: none of its 1 files is in"):
            load_evidence(file, read(folder))
    queries = monorepo / "backend" / "queries.py"
    queries.write_text("\n" + QUERIES)
    with pytest.raises(UsageError, match=r"backend/queries\.py has changed since .* was recorded"):
        load_evidence(file, read(monorepo))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    files = {
        "app/models.py": MODELS,
        "app/queries.py": QUERIES + "\n\ndef first(db):\n    return db.query(User).one()\n",
    }
    tests = {
        "conftest.py": CONFTEST,
        "test_app.py": "from queries import first\n\n\ndef test(db):\n    first(db).posts\n",
    }
    write(tmp_path, {**files, **tests, "pytest.ini": "[pytest]\npythonpath = app\n"})
    done = run_there(tmp_path, [installed("2.0").folder])
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "test_app.py").unlink()
    with pytest.raises(UsageError, match=r"test_app\.py is gone since .* was recorded"):
        load_evidence(tmp_path / OLD, read(tmp_path))
    (tmp_path / "test_app.py").write_text(tests["test_app.py"])
    assert len(load_evidence(tmp_path / OLD, read(tmp_path, ["test_app.py"])).loads) == 1


def test_settings_beside_the_tests(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "queries.py": QUERIES, "tests/conftest.py": CONFTEST, "tests/test_app.py": TEST}
    write(tmp_path, {**files, "tests/pytest.ini": "[pytest]\npythonpath = ..\n"})
    done = run_there(tmp_path, [installed("2.0").folder], "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rootdir" in run_there(tmp_path, [installed("2.0").folder], "tests", "-v").stdout
    assert places(tmp_path / OLD, read(tmp_path)) == {"queries.py:5"}


def test_tests_that_fail(tmp_path: Path) -> None:
    write(tmp_path, {"models.py": MODELS, "queries.py": QUERIES, "conftest.py": CONFTEST})
    write(tmp_path, {"test_app.py": TEST.replace("[2]", "[3]")})
    done = run_there(tmp_path, [installed("2.0").folder])
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert places(tmp_path / OLD, read(tmp_path)) == {"queries.py:5"}


def test_an_app_without_sqlalchemy(tmp_path: Path) -> None:
    write(tmp_path, {"packages/sqlalchemy.py": "raise ImportError('not here')\n", "test_app.py": "def test(): ...\n"})
    done = run_there(tmp_path, [tmp_path / "packages"])
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "asyncify.recorder: SQLAlchemy is not installed where these tests run" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_environment_inside_the_repository_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/repo/env")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    project = Project("/repo/")
    assert project.path(compile("", "/repo/app/db.py", "exec")) == "app/db.py"
    assert project.path(compile("", "/repo/env/lib/python3.11/json/encoder.py", "exec")) == ""
    assert project.path(compile("", "/repo/.venv/lib/site-packages/x.py", "exec")) == ""
    windows = Project("C:/repo/")
    assert windows.path(compile("", r"C:\repo\app\db.py", "exec")) == "app/db.py"
    monkeypatch.setattr(sys, "prefix", "/")
    assert Project("/repo/").path(compile("", "/repo/app/db.py", "exec")) == "app/db.py"
