"""The answers of an app's routes, recorded in a process of its own, and compared."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from asyncify.model.errors import UsageError
from asyncify.model.plan import Workspace
from asyncify.model.python_text import parse_python
from asyncify.runtime.environment import run_python
from asyncify.runtime.scenario import FILE, Scenario

SCRIPT = Path(__file__).with_name("record_script.py")
NO_SCENARIO = Scenario()
DATABASES = ("*.db", "*.sqlite", "*.sqlite3")  #: files that an app on SQLite keeps its data in


@dataclass(frozen=True)
class Answer:
    """What a route answered to GET."""

    status: int
    type: str
    body: str


@dataclass(frozen=True)
class Recording:
    """Answers by path, `path as visitor` for those to a visitor; or the reason why there are none."""

    answers: Mapping[str, Answer]
    failure: str = ""


@dataclass(frozen=True)
class Difference:
    """A path whose answers differ; None where there was no such path."""

    path: str
    before: Answer | None
    after: Answer | None


def record(folder: Path, app: str, scenario: Scenario = NO_SCENARIO) -> Recording:
    """Start an app, send the requests of a scenario, ask the GET routes as each of its visitors, and stop the app.

    app: `module:name`, as for uvicorn, importable from the folder or its `src`.
    """
    try:
        done = run_python([str(SCRIPT), app, json.dumps(asdict(scenario))], folder, seconds=120)
    except subprocess.TimeoutExpired as late:
        return Recording({}, f"the app did not answer within {late.timeout:.0f} seconds")
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return Recording({}, lines[-1] if lines else f"the app ended with {done.returncode}")
    return Recording({path: Answer(**answer) for path, answer in json.loads(done.stdout).items()})


def fill(folder: Path, app: str, scenario: Scenario) -> None:
    """Let an app make its data: the commands of the scenario, the first start, and the requests.

    Raises `UsageError` when one of them fails, as the comparison would prove less than the scenario means it to. An
    app that does not start, without a scenario, is left to `record` to say.
    """
    for command in scenario.prepare:
        done = run_python(command, folder, seconds=120)
        if done.returncode != 0:
            raise UsageError(f"`python {' '.join(command)}` of {folder.name}/{FILE} failed: {done.stderr.strip()}")
    first = record(folder, app, scenario)
    if first.failure and scenario != NO_SCENARIO:
        raise UsageError(f"the requests of {folder.name}/{FILE} failed: {first.failure}")


def differences(before: Recording, after: Recording) -> tuple[Difference, ...]:
    """The paths that were answered differently, or by only one of both."""
    old, new = before.answers, after.answers
    paths = sorted(old.keys() | new.keys())
    return tuple(Difference(p, old.get(p), new.get(p)) for p in paths if old.get(p) != new.get(p))


def databases(folder: Path) -> dict[Path, bytes]:
    """The SQLite files below a folder with their bytes."""
    return {path: path.read_bytes() for pattern in DATABASES for path in folder.rglob(pattern)}


def restore(folder: Path, saved: Mapping[Path, bytes]) -> None:
    """Make the SQLite files below a folder those of `databases` again."""
    for path in databases(folder):
        path.unlink()
    for path, content in saved.items():
        path.write_bytes(content)


def find_app(workspace: Workspace) -> str | None:
    """`module:name` of the FastAPI app, or None: a name that a module binds to `FastAPI(...)`; of several, the
    one nearest to the root."""
    found = []
    for path, content in workspace.files.items():
        if path.endswith(".py") and b"FastAPI(" in content:
            found += [(path.count("/"), path, name) for name in _app_names(content)]
    if not found:
        return None
    _, path, name = min(found)
    parts = PurePosixPath(path).with_suffix("").parts
    module = ".".join(parts[1:] if parts[0] == "src" else parts)
    return f"{module.removesuffix('.__init__')}:{name}"


def _app_names(source: bytes) -> list[str]:
    try:
        body = parse_python(source).body
    except (SyntaxError, ValueError):
        return []
    return [
        target.id
        for statement in body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if ast.unparse(statement.value.func).rpartition(".")[2] == "FastAPI"
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
