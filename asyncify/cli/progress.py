"""A progress bar on stderr, for people only: nothing where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from asyncify import pipeline
from asyncify.model.plan import StepResult


class Bar:
    """Shows the stages of a run. See `asyncify.pipeline.Progress`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=None)

    def begin(self, stages: Sequence[str]) -> None:
        self._progress.update(self._task, total=len(stages))

    def working(self, stage: str, what: str) -> None:
        self._progress.update(self._task, description=f"{stage}: {what}")

    def done(self, result: StepResult) -> None:
        self._progress.advance(self._task)


@contextmanager
def progress_bar(console: Console) -> Iterator[pipeline.Progress]:
    """A bar that is gone when the work is done."""
    if not console.is_terminal:  # not left to rich's `disable`, which some versions end with an empty line
        yield pipeline.Silence()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)
