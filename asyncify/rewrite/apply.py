"""Apply a plan to a workspace, all in memory: groups whole or not at all, every outcome a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from asyncify.model.edit import Edit, TextEdit
from asyncify.model.plan import Failed, FileResult, Plan, Rewritten, Skipped, Workspace, content_hash
from asyncify.rewrite.errors import RewriteError, Unreadable
from asyncify.rewrite.files import rewrite_python, rewrite_text

AnyEdit = Edit | TextEdit
_NO_NAMES: Mapping[str, frozenset[str]] = MappingProxyType({})


def apply_plan(
    plan: Plan, workspace: Workspace, keep_imports: Mapping[str, frozenset[str]] = _NO_NAMES
) -> tuple[Workspace, tuple[FileResult, ...]]:
    """Apply all edits of a plan.

    keep_imports: for a path, the names that other modules import from it; their imports are never dropped.

    Returns the new workspace and what came of each file that the plan names: one `Rewritten` where bytes changed,
    and a `Failed` or `Skipped` for every reason why edits were left out (a file can have several). Never raises
    for what is in the plan or in the files.
    """
    return _Application(plan, workspace, keep_imports).run()


@dataclass
class _Outcome:
    after: bytes | None
    refused: list[tuple[AnyEdit, FileResult]] = field(default_factory=list)


class _Application:
    def __init__(self, plan: Plan, workspace: Workspace, keep_imports: Mapping[str, frozenset[str]]) -> None:
        self._plan = plan
        self._workspace = workspace
        self._keep = keep_imports
        self._edits: dict[str, list[AnyEdit]] = defaultdict(list)
        named: list[AnyEdit] = [*plan.edits, *plan.text_edits]
        for edit in named:
            self._edits[edit.path].append(edit)

    def run(self) -> tuple[Workspace, tuple[FileResult, ...]]:
        outcomes: dict[str, _Outcome] = {}
        reports: dict[FileResult, None] = {}
        todo = set(self._edits)
        while todo:
            refused: list[tuple[AnyEdit, FileResult]] = []
            for path in sorted(todo):
                outcomes[path] = self._rewrite(path)
                refused += outcomes[path].refused
            todo = self._leave_out(refused, reports)
        changed: dict[str, bytes] = {}
        results: list[FileResult] = []
        for path, outcome in outcomes.items():
            before = self._workspace.files.get(path)
            if outcome.after is not None and outcome.after != before:
                changed[path] = outcome.after
                results.append(Rewritten(path, before, outcome.after, tuple(self._edits[path])))
        results = sorted([*results, *reports], key=lambda result: result.path)
        return self._workspace.with_files(changed), tuple(results)

    def _leave_out(self, refused: Iterable[tuple[AnyEdit, FileResult]], reports: dict[FileResult, None]) -> set[str]:
        """Take out the refused edits and their groups; the paths that must be done again."""
        groups: dict[str, AnyEdit] = {}
        gone: set[int] = set()
        for edit, report in refused:
            gone.add(id(edit))
            reports.setdefault(report)
            if edit.group:
                groups.setdefault(edit.group, edit)
        again: set[str] = set()
        for path, edits in self._edits.items():
            kept = []
            for edit in edits:
                if id(edit) in gone:
                    again.add(path)
                elif edit.group in groups:
                    again.add(path)
                    cause = groups[edit.group]
                    reports.setdefault(
                        Skipped(path, f"left out together with {place(cause)}, which could not be edited")
                    )
                else:
                    kept.append(edit)
            self._edits[path] = kept
        return again

    def _rewrite(self, path: str) -> _Outcome:
        edits = self._edits[path]
        before = self._workspace.files.get(path)
        python = [edit for edit in edits if isinstance(edit, Edit)]
        texts = [edit for edit in edits if isinstance(edit, TextEdit)]
        expected = self._plan.hashes.get(path)
        if not edits:
            return _Outcome(None)
        if python and texts:
            return _refuse(edits, Failed(path, "locate", f"{path}: edits of text and of Python at once"))
        if expected is not None and before is not None and content_hash(before) != expected:
            return _refuse(edits, Failed(path, "locate", f"{path}: changed since the plan was made"))
        if texts:
            try:
                return _Outcome(rewrite_text(path, before, texts))
            except RewriteError as error:
                return _refuse(edits, Failed(path, error.stage, error.message))
        if before is None:
            return _refuse(edits, Failed(path, "locate", f"{path}: no such file"))
        try:
            after, failures = rewrite_python(before, python, self._keep.get(path, frozenset()), self._own)
        except Unreadable as error:
            return _refuse(edits, Skipped(path, str(error)))
        return _Outcome(
            after,
            [(e, Failed(path, why.stage, f"{place(e)}: {e.transform}: {why.message}")) for e, why in failures],
        )

    @cached_property
    def _own(self) -> frozenset[str]:
        """Names of packages and modules of the repository itself: their imports are first-party."""
        names: set[str] = set()
        for path in self._workspace.files:
            if path.endswith(".py"):
                names.update(path[:-3].split("/"))
        return frozenset(names)


def _refuse(edits: Iterable[AnyEdit], report: FileResult) -> _Outcome:
    return _Outcome(None, [(edit, report) for edit in edits])


def place(edit: AnyEdit) -> str:
    """`path:line` of an edit."""
    return f"{edit.path}:{edit.target.span.line}" if isinstance(edit, Edit) else edit.path
