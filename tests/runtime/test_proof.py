"""A migration is judged by the tests and the routes of the app, after each step."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify import api
from asyncify.model.edit import TextEdit
from asyncify.model.errors import UsageError
from asyncify.pipeline import Stage, run_steps
from asyncify.proof import Check, prove
from asyncify.transforms.base import Decisions, Transform
from tests.fakes import put

APP = """\
import sqlite3, time
from fastapi import FastAPI

app = FastAPI()
rows = sqlite3.connect("app.db")
rows.execute("create table if not exists seen (number)")
rows.execute("insert into seen values (1)")
rows.commit()

@app.get("/count")
def count():
    return rows.execute("select count(*) from seen").fetchone()[0]

@app.get("/time")
def now():
    return time.time_ns()

@app.get("/word")
def word():
    return "old"
"""

TEST = "def test_word():\n    from main import word\n    assert word() in ('old', 'new')\n"


def check_all(folder: Path, *versions: str) -> list[Check]:
    """Prove a migration whose steps give the app these texts."""
    put(folder, {"main.py": APP, "test_main.py": TEST})

    def stage(number: int, after: str) -> Stage:
        def plan(program: object) -> Decisions:
            before = program.workspace.files["main.py"].decode()  # type: ignore[attr-defined]
            return Decisions(text_edits=(TextEdit("t", "main.py", before, after),))

        return Stage(f"step {number}", (Transform("t", "s", "", plan),))

    result = run_steps(api.read(folder), [stage(n, text) for n, text in enumerate(versions)])
    return list(prove(folder, result))


def test_what_stays_the_same_is_good(tmp_path: Path) -> None:
    checks = check_all(tmp_path, APP + "# one\n", APP + "# two\n")
    assert [check.when for check in checks] == ["before", "step 0", "step 1"]
    assert all(check.good for check in checks)
    assert {check.suite.passed for check in checks} == {1}
    assert {check.routes for check in checks} == {checks[0].routes}
    assert (tmp_path / "main.py").read_text() == APP + "# two\n"


def test_an_answer_that_differs_is_not_good(tmp_path: Path) -> None:
    before, after = check_all(tmp_path, APP.replace('"old"', '"new"'))
    assert before.good
    assert after.suite.green and not after.good
    assert [difference.path for difference in after.changed] == ["/word"]


def test_tests_that_fail_are_not_good(tmp_path: Path) -> None:
    _, after = check_all(tmp_path, APP.replace("def word():", "async def word():"))
    assert not after.suite.green and not after.good
    assert after.changed == ()


def test_an_app_that_does_not_start_is_not_good(tmp_path: Path) -> None:
    _, after = check_all(tmp_path, "import nowhere\n")
    assert not after.good
    assert after.failure == "ModuleNotFoundError: No module named 'nowhere'"


def test_a_folder_without_an_app(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "x = 1\n"})
    with pytest.raises(UsageError, match="no module with a FastAPI app"):
        list(prove(tmp_path, run_steps(api.read(tmp_path), [])))
