"""Where the commands print: the asked-for product on stdout, everything else on stderr."""

from __future__ import annotations

import sys

import typer
from rich.console import Console


def product() -> Console:
    """The console of stdout. Text goes through it as it is: no markup, no highlighting, no emoji codes."""
    return Console(markup=False, highlight=False, emoji=False)


def notes() -> Console:
    """The console of stderr, likewise."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def is_interactive() -> bool:
    """Whether a person can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Ask on stderr; Ctrl-C at the question is Ctrl-C."""
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
