"""`asyncify steps`"""

from __future__ import annotations

from pathlib import Path

from asyncify import api, pipeline
from asyncify.cli import options
from asyncify.cli.progress import progress_bar
from asyncify.cli.terminal import notes, product
from asyncify.report.summary import show_steps


def steps(path: options.PathArgument = Path(), exclude: options.Exclude = None) -> None:
    """List the steps of the migration, and for each what is still to do here."""
    with progress_bar(notes()) as progress:
        result = api.migrate(path, exclude=exclude or (), progress=progress)
    parts = [(stage.name, [t.name for t in stage.transforms]) for stage in pipeline.stages()]
    show_steps(result, parts, product())
