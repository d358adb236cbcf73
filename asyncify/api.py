"""The library behind the commands. Nothing here prints, asks or exits.

result = migrate(Path("."))      # in memory
print(diff(result).decode())
write(result)                    # all files or none
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from asyncify.analysis.config import Config
from asyncify.analysis.config_file import load_config
from asyncify.analysis.discovery import discover
from asyncify.analysis.memory import collector_paused, deep_calls
from asyncify.analysis.overrides import check_overrides
from asyncify.analysis.program import build
from asyncify.analysis.recorded_paths import in_workspace
from asyncify.analysis.why import Explanation, explain_definitions
from asyncify.model.errors import UsageError
from asyncify.model.evidence import NO_EVIDENCE, Evidence, read_evidence
from asyncify.model.plan import Plan, RunResult, StepResult, Workspace
from asyncify.pipeline import Progress, decide, run_steps, stages
from asyncify.report.patch import patch
from asyncify.rewrite import writer
from asyncify.rewrite.todo import write_todos


def read(root: Path, exclude: Sequence[str] = (), config: Config | None = None) -> Workspace:
    """The files of a repository that a migration looks at, and what it does not look at.

    root: its folder. exclude: patterns in the syntax of `.gitignore`, besides those of the configuration.
    config: None takes what `pyproject.toml` says. Raises `UsageError` for a bad root or configuration.
    """
    config = config or load_config(root)
    return discover(root, [*config.exclude, *exclude])


@deep_calls()
def plan(root: Path, name: str, *, exclude: Sequence[str] = (), config: Config | None = None) -> Plan:
    """What one step or transform would do to the program as it stands.

    name: of a step or transform. The other arguments and the errors are those of `read`.
    """
    (stage,) = stages([name])
    config = config or load_config(root)
    with collector_paused():
        return decide(build(read(root, exclude, config), config), stage)


@deep_calls()
def explain(
    root: Path, name: str, *, exclude: Sequence[str] = (), config: Config | None = None
) -> tuple[Explanation, ...]:
    """Why a function becomes async or stays as it is, in the program as it stands; for a class, each of its methods.

    name: `module:qualname`, `path.py:qualname`, `path.py:line`, or a name that only one function has; `UsageError`
    where there is no such function, or more than one. The other arguments and errors are those of `read`.
    """
    config = config or load_config(root)
    with collector_paused():
        program = build(read(root, exclude, config), config)
        check_overrides(program.names, config)
        return explain_definitions(program, name)


@deep_calls()
def migrate(
    root: Path,
    names: Sequence[str] = (),
    *,
    exclude: Sequence[str] = (),
    config: Config | None = None,
    progress: Progress | None = None,
    todo: bool = False,
    evidence: Path | None = None,
    tests: str = "",
) -> RunResult:
    """Run a migration in memory.

    names: steps and transforms; none for the whole migration. progress: is told what goes on. todo: write the findings
    as comments at their places, in one more step. evidence: a file that the recorder wrote; one that is unreadable
    or of other sources is a `UsageError`. tests: instead of what the configuration says of the client of the tests.
    The other arguments and the errors are those of `read`; an unknown name is a `UsageError` too.
    """
    wanted = stages(names)
    config = config or load_config(root)
    config = replace(config, tests=tests) if tests else config
    workspace = read(root, exclude, config)
    recorded = load_evidence(evidence, workspace) if evidence is not None else NO_EVIDENCE
    result = run_steps(workspace, wanted, config, progress, recorded)
    return replace(result, steps=(*result.steps, write_todos(result.before, result.steps))) if todo else result


def load_evidence(path: Path, workspace: Workspace) -> Evidence:
    """What the recorder wrote to a file about the files of a workspace.

    Raises `UsageError` where it cannot be read, where it is of other files, or where one is gone or has changed since.
    """
    try:
        found = read_evidence(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    return in_workspace(found, str(path), workspace)


def diff(result: RunResult) -> bytes:
    """What a run changes, as a patch that `git apply` takes; empty for nothing."""
    return patch(result.before, result.after)


def write(result: RunResult) -> tuple[str, ...]:
    """Write what a run changes to disk, all or nothing; returns the paths. Errors: see `writer.write`."""
    return writer.write(result.before.root, writer.changes_between(result.before, result.after))


def write_step(result: RunResult, step: StepResult) -> tuple[str, ...]:
    """Write what one step of a run changes, on top of the steps before it. Errors: see `writer.write`."""
    index = result.steps.index(step)
    before = result.steps[index - 1].workspace if index else result.before
    return writer.write(before.root, writer.changes_between(before, step.workspace))


def undo(root: Path) -> tuple[str, ...]:
    """Take back the last write to a root; returns the paths. Errors: see `writer.undo`."""
    return writer.undo(root)
