"""A plan: everything one step decided, before a byte is changed; and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asyncify.model.budget import Budget
from asyncify.model.comparison import Comparison
from asyncify.model.edit import Edit, Finding, TextEdit
from asyncify.model.tally import Subject, Tally


def content_hash(data: bytes) -> str:
    """A short name for the exact bytes of a file."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Exclusion:
    """A file or folder that is not looked at, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Workspace:
    """The files of a repository as bytes in memory. Steps go from workspace to workspace; only the writer
    touches the disk.

    root: absolute path of the repository.
    files: path relative to the root, with `/`, to content.
    excluded: what was left out on purpose.
    """

    root: Path
    files: Mapping[str, bytes]
    excluded: tuple[Exclusion, ...] = ()

    def with_files(self, changed: Mapping[str, bytes]) -> Workspace:
        """The same workspace with some files replaced or added."""
        return Workspace(self.root, {**self.files, **changed}, self.excluded)


@dataclass(frozen=True)
class Plan:
    """What one step wants to do.

    hashes: path to `content_hash` of every file with an edit; a stale plan is refused.
    subjects: what the step looked for, to be counted. comparison: of recorded evidence with what was reasoned out.
    """

    step: str
    edits: tuple[Edit, ...] = ()
    text_edits: tuple[TextEdit, ...] = ()
    findings: tuple[Finding, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[Subject, ...] = ()
    comparison: Comparison | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class Rewritten:
    """A file with its new content, and the edits that made it."""

    path: str
    before: bytes | None
    after: bytes
    edits: tuple[Edit | TextEdit, ...]


@dataclass(frozen=True)
class Skipped:
    """A file that stays as it is although something wanted to change it."""

    path: str
    reason: str


@dataclass(frozen=True)
class Failed:
    """A file that could not be rewritten: our fault, not the user's. stage is `locate`, `apply` or `verify`."""

    path: str
    stage: str
    message: str


FileResult = Rewritten | Skipped | Failed


@dataclass(frozen=True)
class KeptSync:
    """A file, function or class that stays synchronous on purpose, although it waits for the database.

    line: of the place that waits, or of the definition. name: of the function or class; empty for a whole file.
    """

    path: str
    line: int
    name: str
    reason: str

    @property
    def place(self) -> str:
        """`path:line` for people and editors."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class StepResult:
    """The outcome of one step: the workspace after it, and one result for each file it touched.

    kept: what stays synchronous on purpose; the first step of a run says it.
    tallies: what was found, and what came of it, in numbers. comparison: as in `Plan`.
    """

    step: str
    workspace: Workspace
    results: tuple[FileResult, ...]
    findings: tuple[Finding, ...]
    seconds: float = 0.0
    kept: tuple[KeptSync, ...] = ()
    tallies: tuple[Tally, ...] = ()
    comparison: Comparison | None = None
    budget: Budget | None = None


@dataclass(frozen=True)
class RunResult:
    """The outcome of a run of several steps. `before` is what was on disk."""

    before: Workspace
    steps: tuple[StepResult, ...]

    @property
    def after(self) -> Workspace:
        """The workspace at the end."""
        return self.steps[-1].workspace if self.steps else self.before

    @property
    def changed(self) -> tuple[str, ...]:
        """Paths whose bytes differ at the end, sorted."""
        old, new = self.before.files, self.after.files
        return tuple(sorted(p for p in new if old.get(p) != new[p]))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was left, of all steps, in order, each once."""
        return tuple(dict.fromkeys(f for s in self.steps for f in s.findings))

    @property
    def kept(self) -> tuple[KeptSync, ...]:
        """What stays synchronous on purpose, of all steps, each once."""
        return tuple(dict.fromkeys(k for s in self.steps for k in s.kept))

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """What was found and what came of it, of all steps, in order."""
        return tuple(t for s in self.steps for t in s.tallies)

    @property
    def comparison(self) -> Comparison | None:
        """Recorded evidence beside reasoning; None without evidence, or without the step that takes it in."""
        return next((s.comparison for s in self.steps if s.comparison is not None), None)

    @property
    def budget(self) -> Budget | None:
        """The connections that the engines may open; None where no engine becomes async."""
        return next((s.budget for s in self.steps if s.budget is not None), None)
