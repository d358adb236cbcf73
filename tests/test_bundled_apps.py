"""The whole migration of both bundled apps: tests green and routes equal after each step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asyncify import api, pipeline
from asyncify.cli.demo import APPS
from asyncify.model.plan import Failed, RunResult
from asyncify.proof import prove

Runs = Callable[[str], RunResult]


@pytest.mark.parametrize("app", APPS)
def test_tests_and_routes_are_as_before_after_each_step(app: str, bundled_run: Runs) -> None:
    result = bundled_run(app)
    checks = list(prove(result.before.root, result))
    bad = {c.when: (c.suite.closing, c.failure, c.changed) for c in checks if not c.good}
    assert bad == {}
    assert "flip" in [check.when for check in checks]
    assert min(check.suite.passed for check in checks) == checks[0].suite.passed > 0
    assert [r for step in result.steps for r in step.results if isinstance(r, Failed)] == []
    assert api.migrate(result.before.root).changed == (), "a second run has nothing to change"


def test_steps_one_by_one_give_the_same_bytes(bundled_run: Runs) -> None:
    whole = bundled_run("bookclub_site")
    now = whole.before
    for stage in pipeline.stages():
        now = pipeline.run_steps(now, [stage]).after
    assert now.files == whole.after.files
