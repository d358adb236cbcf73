"""The module of cases in its three forms, and what the tool says of each case."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from asyncify.model.edit import Finding
from asyncify.model.plan import Rewritten, Workspace
from asyncify.pipeline import run_steps, stages

from .vocabulary import APP

CASES = "cases.py"
FILES = ("models.py", "db.py", "rows.py")
#: what the runner loads, in this order
LOADED = ("models", "rows", "cases")
#: a query that has not been converted
LEGACY = re.compile(r"\.query\(|\bQuery\(")


class Fate(Enum):
    """What became of the queries of a case."""

    CONVERTED = "converted"  # all are selects
    BRIDGED = "bridged"  # at least one is legacy still; the whole migration makes it work
    REPORTED = "reported"  # a finding of a later step says that it will not


@dataclass(frozen=True)
class Forms:
    """The files of each form by name, and for each case its fate, and its texts after the first step and the last."""

    files: Mapping[str, Mapping[str, str]]
    fates: Mapping[str, Fate]
    texts: Mapping[str, str]
    findings: Mapping[str, tuple[str, ...]]


def convert(source: str, version: str) -> Forms:
    """Run the migration on a module of cases of a project that is on a version of SQLAlchemy.

    After its first step all is still synchronous.
    """
    files = {name: (APP / name).read_text() for name in FILES} | {CASES: source}
    files["requirements.txt"] = f"sqlalchemy=={version}.*\n"
    workspace = Workspace(Path("/nowhere"), {path: text.encode() for path, text in files.items()})
    run = run_steps(workspace, stages(["query", "eager", "flip"]))
    failed = [r for s in run.steps for r in s.results if not isinstance(r, Rewritten)]
    assert not failed, failed
    first, *later = run.steps
    converted, migrated = (_parts(_text(w)) for w in (first.workspace, run.after))
    left = _messages(source, first.findings)
    broken: set[str] = set()
    for step, given in zip(later, run.steps, strict=False):
        broken |= _messages(_text(given.workspace), step.findings).keys()
    fates = {
        name: Fate.REPORTED if name in broken else Fate.BRIDGED if LEGACY.search(text) else Fate.CONVERTED
        for name, text in converted.items()
    }
    texts = {name: f"{text}\n# the whole migration\n{migrated[name]}" for name, text in converted.items()}
    forms = {"legacy": workspace, "converted": first.workspace, "async": run.after}
    return Forms({f: _modules(w) for f, w in forms.items()}, fates, texts, left)


def _text(workspace: Workspace) -> str:
    return workspace.files[CASES].decode()


def _modules(workspace: Workspace) -> dict[str, str]:
    return {name: workspace.files[f"{name}.py"].decode() for name in LOADED}


def _owners(source: str) -> dict[int, str]:
    """Line -> the case that it belongs to: names end with the number of their case."""
    found = {}
    for node in ast.parse(source).body:
        number = re.search(r"_(\d+)$", getattr(node, "name", ""))
        if number is not None and node.end_lineno is not None:
            found.update(dict.fromkeys(range(node.lineno, node.end_lineno + 1), f"case_{number[1]}"))
    return found


def _parts(source: str) -> dict[str, str]:
    """The text of each case with what it has in the module."""
    owners, found = _owners(source), dict[str, str]()
    for number, line in enumerate(source.splitlines(), 1):
        if number in owners:
            found[owners[number]] = found.get(owners[number], "") + line + "\n"
    return found


def _messages(source: str, findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """What is reported of each case."""
    owners, found = _owners(source), dict[str, tuple[str, ...]]()
    for finding in findings:
        name = owners.get(finding.span.line, "") if finding.span is not None and finding.path == CASES else ""
        found[name] = (*found.get(name, ()), f"{finding.code}: {finding.message}")
    return found
