"""The program: its commands, and what an error becomes for a person and for a shell."""

from __future__ import annotations

import io
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from asyncify import __version__
from asyncify.cli.demo import demo
from asyncify.cli.diff import diff
from asyncify.cli.explain import explain
from asyncify.cli.migrate import migrate
from asyncify.cli.run_names import run as run_names
from asyncify.cli.steps import steps
from asyncify.cli.undo import undo
from asyncify.model.about import PROGRAM
from asyncify.model.errors import AsyncifyError
from asyncify.model.exit_codes import ExitCode

COMMANDS = (diff, migrate, run_names, steps, explain, undo, demo)


def build_app() -> typer.Typer:
    """The typer program with all commands."""
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for command in COMMANDS:
        app.command(command.__name__)(command)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit()


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Make a synchronous FastAPI + SQLAlchemy repository async, tests included."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code.

    arguments: the words after the program's name; None takes those of the process.
    """
    try:
        build_app()(args=arguments, prog_name=PROGRAM)
    except SystemExit as done:  # typer ends every command with one, `typer.Exit` too
        return done.code if isinstance(done.code, int) else ExitCode.OK if done.code is None else ExitCode.FAILED
    except AsyncifyError as error:
        _complain(error.message)
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        _complain(f"unexpected {type(error).__name__}: {error}; the traceback is in {_save_traceback()}")
        return ExitCode.FAILED
    return ExitCode.OK


def run() -> NoReturn:
    """The entry point of the installed program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())


def _complain(message: str) -> None:
    one_line = " ".join(message.split())
    typer.echo(f"{PROGRAM}: error: {one_line}", err=True)


def _save_traceback() -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix=f"{PROGRAM}-traceback-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(traceback.format_exc())
    return Path(file.name)
