"""The arguments and options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer


class Client(str, Enum):
    """The test client of a migrated suite."""

    ASYNC = "asyncclient"
    TEST = "testclient"


class Format(str, Enum):
    """How the outcome is printed on stdout."""

    TEXT = "text"
    JSON = "json"


# typer reads these at run time, on Python 3.10 too: `Optional` and not `|`
PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the repository.")]
Exclude = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="Leave out what matches, in the syntax of .gitignore; repeatable.", metavar="GLOB"),
]
PatchFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--patch", help="Write the diff to a file for `git apply`.", metavar="FILE"),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the whole outcome as JSON on stdout: short for --output-format json.")
]
OutputFormat = Annotated[Format, typer.Option("--output-format", help="What goes to stdout.")]
ListExcluded = Annotated[
    bool, typer.Option("--list-excluded", help="List what is not looked at and why, and do nothing else.")
]
Every = Annotated[bool, typer.Option("--all", help="Show every place that was left, not just the first few.")]
Todo = Annotated[bool, typer.Option("--todo", help="Write what is left as `# TODO(asyncify): ...` at its place too.")]
EvidenceFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--evidence", help="Take in what `pytest -p asyncify.recorder` wrote.", metavar="FILE"),
]
Tests = Annotated[
    Optional[Client],  # noqa: UP045
    typer.Option("--tests", help="The client of the tests: asyncclient, or testclient for the least change."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff and write nothing.")]
AllowDirty = Annotated[bool, typer.Option("--allow-dirty", help="Write although git could not take everything back.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything was left as it is.")]
Commit = Annotated[bool, typer.Option("--commit", help="Make one git commit for each step.")]
