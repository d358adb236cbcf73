"""The library: the same as the commands, without a word printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from asyncify import api
from asyncify.model.errors import UsageError
from asyncify.transforms import registry
from tests.fakes import APP, APP_AFTER, STEPS, TRANSFORMS, put


@pytest.fixture(autouse=True)
def fake_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TRANSFORMS", TRANSFORMS)
    monkeypatch.setattr(registry, "STEPS", STEPS)


def test_plan_decides_and_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": APP})
    plan = api.plan(tmp_path, "flip")
    assert plan.step == "flip"
    assert [edit.transform for edit in plan.edits] == ["defs", "calls"]
    assert set(plan.hashes) == {"app.py"}
    assert (tmp_path / "app.py").read_text() == APP


def test_migrate_write_undo(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"app.py": APP})
    result = api.migrate(tmp_path)
    assert (tmp_path / "app.py").read_text() == APP
    assert b"+    return await work(x)\n" in api.diff(result)
    assert api.write(result) == ("app.py",)
    assert (tmp_path / "app.py").read_text() == APP_AFTER
    assert api.diff(api.migrate(tmp_path)) == b""
    assert api.undo(tmp_path) == ("app.py",)
    assert (tmp_path / "app.py").read_text() == APP
    assert capfd.readouterr() == ("", "")


def test_steps_are_written_one_by_one(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": APP})
    result = api.migrate(tmp_path)
    query, flip, settings = result.steps
    assert api.write_step(result, query) == ("app.py",)
    assert (tmp_path / "app.py").read_text() == APP.replace("legacy", "modern")
    assert api.write_step(result, flip) == ("app.py",)
    assert (tmp_path / "app.py").read_text() == APP_AFTER
    assert api.write_step(result, settings) == ()


def test_a_step_out_of_order_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"app.py": APP})
    result = api.migrate(tmp_path)
    with pytest.raises(UsageError, match=r"app\.py was changed"):
        api.write_step(result, result.steps[1])
    assert (tmp_path / "app.py").read_text() == APP


def test_configuration_and_arguments_both_exclude(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "", "b.py": "", "c.py": "", "pyproject.toml": '[tool.asyncify]\nexclude = ["a.py"]\n'})
    assert set(api.read(tmp_path, ["b.py"]).files) == {"c.py", "pyproject.toml"}
