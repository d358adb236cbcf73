"""`asyncify migrate`"""

from __future__ import annotations

from pathlib import Path

import typer

from asyncify.cli import options
from asyncify.cli.flow import Request, carry_out


def migrate(
    path: options.PathArgument = Path(),
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
    """Migrate a repository in place: all files or none. Says what was left as it is, and why."""
    request = Request(
        path,
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
