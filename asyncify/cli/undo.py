"""`asyncify undo`"""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from asyncify import api
from asyncify.cli import options
from asyncify.cli.terminal import notes
from asyncify.report.summary import plural


def undo(path: options.PathArgument = Path()) -> None:
    """Take back the last run that wrote. Refuses when one of its files has been changed since."""
    paths = api.undo(path)
    notes().print(Text(f"{plural(len(paths), 'file')} as before the run."))
