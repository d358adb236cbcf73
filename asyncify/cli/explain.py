"""`asyncify explain`"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from asyncify import api, pipeline
from asyncify.analysis.why import Explanation
from asyncify.cli import options
from asyncify.cli.terminal import product
from asyncify.model.errors import UsageError
from asyncify.report.diff import show
from asyncify.report.patch import file_patch
from asyncify.report.why import show_explanation
from asyncify.transforms.base import Example, Transform


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A step, a transform, or a function or class: module:name, path.py:name, path.py:LINE, or its name.",
        ),
    ],
    path: options.PathArgument = Path(),
) -> None:
    """Say what a step or transform does, with examples; or why a function of the repository becomes async."""
    console = product()
    if name not in pipeline.known_names():
        for explanation in _of_function(path, name):
            show_explanation(explanation, console)
        return
    for stage in pipeline.stages([name]):
        for transform in stage.transforms:
            _explain(transform, console)


def _of_function(path: Path, name: str) -> tuple[Explanation, ...]:
    """The answers for a function; what looks like the name of a step or transform gets an error about these."""
    if ":" not in name and get_close_matches(name, pipeline.known_names()):
        with suppress(UsageError):
            return api.explain(path, name)
        pipeline.stages([name])
    return api.explain(path, name)


def _explain(transform: Transform, console: Console) -> None:
    title = Text(transform.name, "bold").append(f"  (step {transform.step})", "not bold dim")
    console.print(title)
    console.print(Text(transform.summary), soft_wrap=True)
    for example in transform.examples:
        console.print()
        console.print(Text(example.name, "bold"), soft_wrap=True)
        _show_example(example, console)
    console.print()


def _show_example(example: Example, console: Console) -> None:
    before = _files(example.before)
    after = before if example.after is None else _files(example.after)
    for path in sorted(before | after):
        if len(before | after) > 1:
            console.print(Text(path, "dim"))
        show(b"".join(_body(path, before.get(path, ""), after.get(path, before.get(path, "")))), console)
    if example.after is None:
        console.print(Text("stays as it is", "dim"))
    if example.findings:
        console.print(Text(f"reported: {', '.join(example.findings)}", "dim"))


def _body(path: str, before: str, after: str) -> list[bytes]:
    """All lines of a file with their signs, without the headers of a patch."""
    if before == after:
        return [b" " + line.encode() + b"\n" for line in after.splitlines()]
    lines = list(file_patch(path, before.encode(), after.encode(), context=len(before) + len(after)))
    first = next(index for index, line in enumerate(lines) if line.startswith(b"@@"))
    return lines[first + 1 :]


def _files(source: str | Mapping[str, str]) -> dict[str, str]:
    return {"app.py": source} if isinstance(source, str) else dict(source)
