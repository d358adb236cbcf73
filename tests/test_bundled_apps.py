"""The whole migration of both bundled apps: tests green and routes equal after each step."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asyncify import api, pipeline
from asyncify.cli.demo import APPS, bundled
from asyncify.proof import prove


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / request.param
    shutil.copytree(bundled(request.param), folder, ignore=shutil.ignore_patterns("*.db", "__pycache__", ".*_cache"))
    return folder


def test_tests_and_routes_are_as_before_after_each_step(app: Path) -> None:
    result = api.migrate(app)
    checks = list(prove(app, result))
    bad = {c.when: (c.suite.closing, c.failure, c.changed) for c in checks if not c.good}
    assert bad == {}
    assert "flip" in [check.when for check in checks]
    assert min(check.suite.passed for check in checks) == checks[0].suite.passed > 0
    assert api.migrate(app).changed == (), "a second run has nothing to change"


def test_steps_one_by_one_give_the_same_bytes(app: Path) -> None:
    whole = api.migrate(app)
    now = whole.before
    for stage in pipeline.stages():
        now = pipeline.run_steps(now, [stage]).after
    assert now.files == whole.after.files


def test_nothing_is_a_fault_of_ours(app: Path) -> None:
    result = api.migrate(app)
    assert [r for step in result.steps for r in step.results if type(r).__name__ == "Failed"] == []
