"""`asyncify run`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

import typer

from asyncify import pipeline
from asyncify.cli import options
from asyncify.cli.flow import Request, carry_out
from asyncify.cli.terminal import notes


def run(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME... [PATH]", help="Steps or transforms, then perhaps the folder."),
    ],
    at: Annotated[
        Optional[Path],  # noqa: UP045  # read by typer at run time on Python 3.10
        typer.Option("--path", help="The folder of the repository, when its name is that of a step or transform."),
    ] = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_dirty: options.AllowDirty = False,
    strict: options.Strict = False,
    commit: options.Commit = False,
    patch: options.PatchFile = None,
    output_format: options.OutputFormat = options.Format.TEXT,
    json: options.Json = False,
    exclude: options.Exclude = None,
    list_excluded: options.ListExcluded = False,
    every: options.Every = False,
    todo: options.Todo = False,
    evidence: options.EvidenceFile = None,
    tests: options.Tests = None,
) -> None:
    """Run some steps or transforms alone, in place."""
    chosen, path = split_path(names) if at is None else (names, at)
    for stage in pipeline.stages(chosen):
        if pipeline.is_partial(stage):
            part = ", ".join(t.name for t in stage.transforms)
            notes().print(
                f"Note: {part} is only a part of the step {stage.name}; "
                "until all of it has run, the program is half async and may not work.",
                soft_wrap=True,
            )
    request = Request(
        path,
        names=chosen,
        exclude=exclude or (),
        patch=patch,
        json=json or output_format is options.Format.JSON,
        list_excluded=list_excluded,
        every=every,
        todo=todo,
        evidence=evidence,
        tests=tests.value if tests is not None else "",
        dry_run=dry_run,
        allow_dirty=allow_dirty,
        yes=yes,
        strict=strict,
        commit=commit,
    )
    raise typer.Exit(carry_out(request))


def split_path(words: Sequence[str]) -> tuple[Sequence[str], Path]:
    """Names and the folder, which may be the last of several words. What is known as a name is never a folder;
    write `./tests` or `--path tests` for one."""
    *names, last = words
    if names and last not in pipeline.known_names() and Path(last).exists():
        return names, Path(last)
    return words, Path()
