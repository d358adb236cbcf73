"""Steps run one after another, each on what the one before has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify import pipeline
from asyncify.analysis.config import Config
from asyncify.analysis.program import Program
from asyncify.model.edit import Edit, Finding
from asyncify.model.errors import UsageError
from asyncify.model.ops import RenameAttribute
from asyncify.model.plan import Failed, Rewritten, RunResult, Skipped, StepResult, Workspace
from asyncify.model.span import Span, Target
from asyncify.pipeline import Stage, run_steps, stages
from asyncify.transforms import registry
from asyncify.transforms.base import Decisions, Transform
from tests.fakes import APP, APP_AFTER, STEPS, TRANSFORMS


@pytest.fixture(autouse=True)
def fake_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TRANSFORMS", TRANSFORMS)
    monkeypatch.setattr(registry, "STEPS", STEPS)


def workspace(**files: str) -> Workspace:
    return Workspace(Path("/nowhere"), {f"{name}.py": text.encode() for name, text in files.items()})


def names(*wanted: str) -> dict[str, list[str]]:
    return {stage.name: [t.name for t in stage.transforms] for stage in stages(wanted)}


def texts(result: RunResult) -> dict[str, str]:
    return {path: content.decode() for path, content in result.after.files.items()}


def test_no_names_mean_every_step_that_has_transforms() -> None:
    assert names() == {"query": ["rename"], "flip": ["defs", "calls"], "settings": ["settings"]}


def test_names_of_steps_and_transforms_in_the_order_of_the_migration() -> None:
    assert names("calls") == {"flip": ["calls"]}
    assert names("settings", "query") == {"query": ["rename"], "settings": ["settings"]}
    assert names("flip", "calls") == {"flip": ["defs", "calls"]}


@pytest.mark.parametrize(
    ("name", "hint"), [("renam", "did you mean rename"), ("xyzzy", "known are query, eager, flip, settings, rename")]
)
def test_an_unknown_name_gets_those_that_are_near(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        stages([name])


def test_a_part_of_a_step_is_known_as_such() -> None:
    assert [pipeline.is_partial(stage) for stage in stages(["rename", "calls"])] == [False, True]


def test_every_step_works_on_what_the_one_before_has_left() -> None:
    result = run_steps(workspace(app=APP, other="x = 1\n"), stages())
    assert texts(result) == {"app.py": APP_AFTER, "other.py": "x = 1\n"}
    assert result.changed == ("app.py",)
    assert [step.step for step in result.steps] == ["query", "flip", "settings"]
    assert "x.modern" in result.steps[1].workspace.files["app.py"].decode()
    assert all(step.seconds > 0 for step in result.steps)


def test_one_by_one_gives_the_same_bytes_and_a_second_run_changes_nothing() -> None:
    now = workspace(app=APP, other="y = a.legacy\n")
    whole = run_steps(now, stages())
    for stage in stages():
        now = run_steps(now, [stage]).after
    assert now.files == whole.after.files
    assert run_steps(whole.after, stages()).changed == ()


def test_a_file_that_cannot_be_parsed_is_named_and_the_rest_goes_on() -> None:
    result = run_steps(workspace(app=APP, broken="def (:\n"), stages())
    assert texts(result)["app.py"] == APP_AFTER
    (skipped,) = {r for step in result.steps for r in step.results if isinstance(r, Skipped)}
    assert skipped.path == "broken.py"
    assert "line 1" in skipped.reason


def test_what_a_step_did_and_left_is_in_its_result() -> None:
    result = run_steps(workspace(app=APP, other="f = lambda: 0\n"), stages(["query"]))
    (step,) = result.steps
    (rewritten,) = step.results
    assert isinstance(rewritten, Rewritten)
    assert [edit.transform for edit in rewritten.edits] == ["rename"]
    assert [(f.place, f.code) for f in result.findings] == [("other.py:1", "a-lambda")]


def test_an_edit_that_cannot_be_made_takes_its_group_with_it_and_nothing_else() -> None:
    def plan(program: Program) -> Decisions:
        places = {"app.py": Span(1, 4, 1, 12), "bad.py": Span(9, 0, 9, 8), "other.py": Span(1, 4, 1, 12)}
        groups = {"app.py": "g", "bad.py": "g", "other.py": ""}
        return Decisions(
            tuple(Edit("t", p, Target(s), RenameAttribute("new"), group=groups[p]) for p, s in places.items())
        )

    before = workspace(app="x = a.legacy\n", bad="x = a.legacy\n", other="x = a.legacy\n")
    result = run_steps(before, [Stage("s", (Transform("t", "s", "", plan),))])
    assert texts(result) == {"app.py": "x = a.legacy\n", "bad.py": "x = a.legacy\n", "other.py": "x = a.new\n"}
    failed = [r for r in result.steps[0].results if isinstance(r, Failed)]
    assert [r.path for r in failed] == ["bad.py"]
    assert {r.path for r in result.steps[0].results if not isinstance(r, Rewritten)} == {"app.py", "bad.py"}


def test_a_transform_with_a_fault_is_named_and_ends_the_run() -> None:
    def plan(program: Program) -> Decisions:
        raise KeyError("x")

    with pytest.raises(RuntimeError, match="the transform t failed with KeyError: 'x'"):
        run_steps(workspace(app=""), [Stage("s", (Transform("t", "s", "", plan),))])


def test_the_configuration_reaches_the_transforms() -> None:
    seen = []

    def plan(program: Program) -> Decisions:
        seen.append(program.config)
        return Decisions(findings=(Finding("t", "app.py", None, "c", "m"),))

    run_steps(workspace(app=""), [Stage("s", (Transform("t", "s", "", plan),))], Config(driver="asyncpg"))
    assert seen == [Config(driver="asyncpg")]


def test_progress_is_told_of_every_stage() -> None:
    told: list[str] = []

    class Watcher:
        def begin(self, stages: object) -> None:
            told.append(f"begin {stages}")

        def working(self, stage: str, what: str) -> None:
            told.append(f"{stage}: {what}")

        def done(self, result: StepResult) -> None:
            told.append(f"done {result.step}")

    run_steps(workspace(app=APP), stages(["rename", "calls"]), progress=Watcher())
    assert told == [
        "begin ['query', 'flip']",
        "query: reading the program",
        "query: deciding rename",
        "query: rewriting",
        "done query",
        "flip: reading the program",
        "flip: deciding calls",
        "flip: rewriting",
        "done flip",
    ]
