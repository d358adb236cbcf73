"""What `diff`, `migrate` and `run` have in common: run in memory, show, and perhaps write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text

from asyncify import api
from asyncify.cli.progress import progress_bar
from asyncify.cli.terminal import confirm, is_interactive, notes, product
from asyncify.model.about import PROGRAM
from asyncify.model.errors import UsageError
from asyncify.model.exit_codes import ExitCode
from asyncify.model.plan import RunResult
from asyncify.report.as_json import as_json
from asyncify.report.compared import show_comparison
from asyncify.report.diff import show
from asyncify.report.facts import not_rewritten
from asyncify.report.findings import show_left
from asyncify.report.summary import plural, show_summary
from asyncify.rewrite import worktree, writer


@dataclass(frozen=True)
class Request:
    """What a person asked for. The fields are the options of the commands."""

    root: Path
    names: Sequence[str] = ()
    exclude: Sequence[str] = field(default=())
    patch: Path | None = None
    json: bool = False
    list_excluded: bool = False
    every: bool = False
    todo: bool = False
    evidence: Path | None = None
    tests: str = ""
    dry_run: bool = False
    allow_dirty: bool = False
    yes: bool = False
    strict: bool = False
    commit: bool = False


def carry_out(request: Request) -> ExitCode:
    """Do what was asked, and return the exit code."""
    if request.list_excluded:
        return _list_excluded(request)
    if request.dry_run:
        if writer.is_pending(request.root):
            raise UsageError(
                f"an earlier run was interrupted while it wrote to {request.root}; "
                f"run `{PROGRAM} undo` to take it back, or `{PROGRAM} migrate` to finish it"
            )
    else:
        _make_ready(request)
    with progress_bar(notes()) as progress:
        result = api.migrate(
            request.root,
            request.names,
            exclude=request.exclude,
            progress=progress,
            todo=request.todo,
            evidence=request.evidence,
            tests=request.tests,
        )
    if request.dry_run:
        _show_product(request, result, written=False)
        _show_summary(request, result)
        return ExitCode.CHANGES if result.changed else ExitCode.OK
    return _write(request, result)


def _list_excluded(request: Request) -> ExitCode:
    excluded = api.read(request.root, request.exclude).excluded
    if request.json:
        product().out(json.dumps([{"path": e.path, "reason": e.reason} for e in excluded], indent=2))
    else:
        for exclusion in excluded:
            product().out(f"{exclusion.path}: {exclusion.reason}")
    return ExitCode.OK


def _make_ready(request: Request) -> None:
    """Finish an interrupted write, and refuse a tree from which the changes could not be taken back."""
    if not request.root.is_dir():
        api.read(request.root)  # says what is wrong with it
    recovery = writer.recover(request.root)
    if recovery:
        verb = "Finished" if recovery.finished else "Took back"
        count = plural(len(recovery.paths), "file")
        notes().print(f"{verb} an earlier run that was interrupted while it wrote ({count}).")
    if not request.allow_dirty:
        worktree.require_clean(request.root)


def _write(request: Request, result: RunResult) -> ExitCode:
    _show_summary(request, result)
    if result.changed:
        question = f"Write {plural(len(result.changed), 'file')}?"
        if is_interactive() and not request.yes and not confirm(question):
            notes().print("Nothing was written.")
            return ExitCode.OK
        if request.commit:
            _write_and_commit(result)
        else:
            api.write(result)
            notes().print(Text(f"Wrote {plural(len(result.changed), 'file')}; `{PROGRAM} undo` takes it back."))
    _show_product(request, result, written=True)
    left = result.findings or not_rewritten(result)
    return ExitCode.CHANGES if request.strict and left else ExitCode.OK


def _write_and_commit(result: RunResult) -> None:
    for step in result.steps:
        paths = api.write_step(result, step)
        if paths:
            worktree.commit(result.before.root, paths, f"{PROGRAM}: {step.step}")
            notes().print(Text(f"Committed {step.step} ({plural(len(paths), 'file')})."))


def _show_product(request: Request, result: RunResult, written: bool) -> None:
    """The patch file, the JSON, or for a dry run the diff."""
    patch = api.diff(result)
    if request.patch:
        try:
            request.patch.write_bytes(patch)
        except OSError as error:
            raise UsageError(
                f"{request.patch} cannot be written ({error.strerror}); give another --patch file"
            ) from None
    if request.json:
        product().out(as_json(result, written))
    elif not written and not request.patch:
        show(patch, product())


def _show_summary(request: Request, result: RunResult) -> None:
    console = notes()
    show_left(result, console, request.every)
    if result.comparison is not None:
        show_comparison(result.comparison, console, request.every)
    show_summary(result, console)
