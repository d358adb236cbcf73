"""`asyncify diff`"""

from __future__ import annotations

from pathlib import Path

import typer

from asyncify.cli import options
from asyncify.cli.flow import Request, carry_out


def diff(
    path: options.PathArgument = Path(),
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
    """Show the whole migration as a diff; writes nothing. Exits with 1 when there is something to change."""
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
        dry_run=True,
    )
    raise typer.Exit(carry_out(request))
