"""The numbers, the list of what was left, and the JSON of a run."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.ops import SetAsync
from asyncify.model.plan import Failed, KeptSync, Rewritten, RunResult, Skipped, StepResult, Workspace
from asyncify.model.span import Place, Span, Target
from asyncify.model.tally import Fate, Tally
from asyncify.report.as_json import as_json
from asyncify.report.facts import edits_by_transform, files_by_transform, made_async
from asyncify.report.findings import PLACES, show_left
from asyncify.report.summary import closing, show_steps, show_summary

OLD = b"class A:\n    def f(self): ...\n    async def g(self): ...\ndef f(): ...\n"
NEW = b"class A:\n    async def f(self): ...\n    async def g(self): ...\nasync def f(): ...\n"
SPAN = Span(2, 4, 2, 20)
KEPT = KeptSync("migrations/env.py", 3, "", "Alembic runs it")


def edit(transform: str = "await") -> Edit:
    return Edit(transform, "a.py", Target(SPAN, Place.STATEMENT), SetAsync(), because="it calls the database")


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    before = Workspace(tmp_path, {"a.py": OLD, "b.py": b""})
    middle = before.with_files({"a.py": NEW})
    after = middle.with_files({".env": b"URL=1\n"})
    text = TextEdit("settings", ".env", None, "URL=1\n")
    findings = tuple(
        Finding("await", "b.py", Span(n, 0, n, 1), "barrier", f"x: Optional[str] at {n}", "do [this]") for n in range(7)
    )
    flip = (Rewritten("a.py", OLD, NEW, (edit(), edit(), edit("session"))), Skipped("c.py", "line 1: bad"))
    return RunResult(
        before,
        (
            StepResult("flip", middle, flip, findings, 0.5, (KEPT,)),
            StepResult("settings", after, (Rewritten(".env", None, b"URL=1\n", (text,)), flip[1]), findings[:1]),
        ),
    )


def printed(show: object, *arguments: object) -> str:
    out = io.StringIO()
    show(*arguments, Console(file=out, width=60, markup=False, highlight=False))  # type: ignore[operator]
    return out.getvalue()


def test_edits_and_files_are_counted_by_transform(result: RunResult) -> None:
    assert dict(edits_by_transform(result)) == {"await": 2, "session": 1, "settings": 1}
    assert dict(files_by_transform(result)) == {"await": 1, "session": 1, "settings": 1}


def test_functions_made_async_have_their_qualified_names(result: RunResult) -> None:
    assert made_async(result) == ("a.py:A.f", "a.py:f")


def test_the_run_in_one_sentence(result: RunResult) -> None:
    assert (
        closing(result)
        == "2 files (1 new), 4 edits, 2 functions made async, 7 places left, 1 file not rewritten in full."
    )


def test_the_table_has_a_row_for_each_transform(result: RunResult) -> None:
    lines = [line.split() for line in printed(show_summary, result).splitlines()]
    assert lines[0] == ["transform", "edits", "files", "left"]
    assert lines[1:4] == [["await", "2", "1", "7"], ["session", "1", "1", "-"], ["settings", "1", "1", "-"]]


def test_nothing_to_do_is_said(result: RunResult) -> None:
    assert printed(show_summary, RunResult(result.before, ())) == "Nothing to change.\n"


def test_steps_with_what_is_still_to_do(result: RunResult) -> None:
    parts = [("query", ["query"]), ("flip", ["session", "await"]), ("settings", ["settings"])]
    lines = [line.split() for line in printed(show_steps, result, parts).splitlines()]
    assert lines == [
        ["step", "transforms", "files", "edits", "left"],
        ["query", "query", "-", "-", "-"],
        ["flip", "session,", "await", "1", "3", "7"],
        ["settings", "settings", "1", "1", "1"],
    ]


def test_what_was_left_has_place_reason_and_advice_to_the_character(result: RunResult) -> None:
    out = io.StringIO()
    console = Console(file=out, width=20, markup=False, highlight=False)
    show_left(result, console)
    text = out.getvalue()
    assert "  c.py  line 1: bad\n" in text
    assert text.count("c.py") == 1, "the same reason in two steps is one line"
    assert "barrier (7)  do [this]" in text
    assert "b.py:0  x: Optional[str] at 0" in text
    assert f"and {7 - PLACES} more" in text
    show_left(result, console, every=True)
    assert "b.py:6  x: Optional[str] at 6" in out.getvalue()


def test_what_is_kept_has_its_own_list(result: RunResult) -> None:
    text = printed(show_left, result)
    assert text.startswith("Kept synchronous\n  migrations/env.py:3  Alembic runs it\n")


def test_a_fault_of_ours_is_called_that(result: RunResult) -> None:
    step = StepResult("s", result.before, (Failed("a.py", "verify", "a.py:3: does not parse"),), ())
    text = printed(lambda console: show_left(RunResult(result.before, (step,)), console))
    assert "a.py:3: does not parse" in text
    assert "a fault of asyncify" in text


def test_what_was_counted_is_told_even_if_nothing_changes(tmp_path: Path) -> None:
    before = Workspace(tmp_path, {})
    counted = Tally("legacy query", ((Fate.CONVERTED, 0), (Fate.BRIDGED, 2), (Fate.REPORTED, 1)))
    run = RunResult(before, (StepResult("query", before, (), (), tallies=(counted,)),))
    text = printed(show_summary, run)
    assert text == "Nothing to change.\n3 legacy queries found: 2 left for the bridge, 1 only reported.\n"
    assert json.loads(as_json(run, written=False))["tallies"] == [
        {"kind": "legacy query", "found": 3, "converted": 0, "bridged": 2, "reported": 1}
    ]


def test_json_has_all_of_it(result: RunResult) -> None:
    value = json.loads(as_json(result, written=True))
    assert value["changed"] == [".env", "a.py"]
    assert value["written"] is True
    assert value["made_async"] == ["a.py:A.f", "a.py:f"]
    assert value["not_rewritten"] == [{"path": "c.py", "stage": None, "message": "line 1: bad"}]
    assert value["kept"] == [{"path": "migrations/env.py", "line": 3, "name": "", "reason": "Alembic runs it"}]
    assert value["summary"] == {
        "files": 2,
        "new_files": 1,
        "edits": {"await": 2, "session": 1, "settings": 1},
        "made_async": 2,
        "findings": {"barrier": 7},
        "kept": 1,
        "not_rewritten": 1,
    }
    assert value["files"] == [
        {"path": ".env", "change": "new", "edits": {"settings": 1}, "findings": 0, "kept": False},
        {"path": "a.py", "change": "changed", "edits": {"await": 2, "session": 1}, "findings": 0, "kept": False},
        {"path": "b.py", "change": None, "edits": {}, "findings": 7, "kept": False},
        {"path": "migrations/env.py", "change": None, "edits": {}, "findings": 0, "kept": True},
    ]
    assert [len(step["edits"]) for step in value["steps"]] == [3, 1]
    first = value["steps"][0]["edits"][0]
    assert (first["path"], first["op"], first["because"]) == ("a.py", "SetAsync", "it calls the database")
    assert first["span"] == {"line": 2, "column": 4, "end_line": 2, "end_column": 20}
    assert len(value["findings"]) == 7
    assert "+async def f(): ...\n" in value["patch"]
