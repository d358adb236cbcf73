"""Migrate a folder step by step, and after each step run its tests and ask its routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asyncify import api
from asyncify.model.errors import UsageError
from asyncify.model.plan import RunResult
from asyncify.runtime.routes import (
    Difference,
    Recording,
    databases,
    differences,
    fill,
    find_app,
    record,
    restore,
)
from asyncify.runtime.scenario import Scenario, load_scenario
from asyncify.runtime.suite import SuiteOutcome, run_suite


@dataclass(frozen=True)
class Check:
    """The state of the program at one moment.

    when: `before`, or the step after which it was looked at. files: how many the step has changed.
    routes: how many were asked. changed: those that answer differently than before.
    """

    when: str
    files: int
    suite: SuiteOutcome
    routes: int
    changed: tuple[Difference, ...] = ()
    failure: str = ""

    @property
    def good(self) -> bool:
        """Whether the tests are green and every route answers as before."""
        return self.suite.green and self.routes > 0 and not self.changed and not self.failure


def prove(folder: Path, result: RunResult) -> Iterator[Check]:
    """Write a run to its folder step by step, and check the program before and after each.

    This executes the tests and the app of the folder. Answers that differ between two runs of the program as it
    was (the time of day, say) are not compared. A `demo.toml` in the folder says how the database is filled and who
    asks (see `asyncify.runtime.scenario`). Raises `UsageError` when there is no app to ask, or that file is wrong.
    """
    app = find_app(result.before)
    if app is None:
        raise UsageError(f"{folder} has no module with a FastAPI app to ask")
    scenario = load_scenario(folder)
    fill(folder, app, scenario)
    data = databases(folder)
    asked = replace(scenario, requests=())
    base = _ask(folder, app, asked, data)
    again = _ask(folder, app, asked, data)
    steady = Recording({p: a for p, a in base.answers.items() if again.answers.get(p) == a}, base.failure)
    volatile = base.answers.keys() - steady.answers.keys()
    yield Check("before", 0, run_suite(folder), len(steady.answers), failure=base.failure)
    for step in result.steps:
        files = api.write_step(result, step)
        if not files:
            continue
        now = _ask(folder, app, asked, data)
        compared = Recording({p: a for p, a in now.answers.items() if p not in volatile}, now.failure)
        yield Check(
            step.step,
            len(files),
            run_suite(folder),
            len(compared.answers),
            () if now.failure else differences(steady, compared),
            now.failure,
        )


def _ask(folder: Path, app: str, scenario: Scenario, data: dict[Path, bytes]) -> Recording:
    restore(folder, data)
    return record(folder, app, scenario)
