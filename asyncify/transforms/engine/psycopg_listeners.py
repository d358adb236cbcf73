"""What an app that leaves psycopg2 for psycopg 3 needs on its engines, so that the same statements work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.knowledge.drivers import Choice, sync_driver
from asyncify.model.edit import Import
from asyncify.transforms.engine import ddl_parameters, text_numbers, wide_integers

PSYCOPG = "postgresql+psycopg"


@dataclass(frozen=True)
class Listener:
    """A listener on every engine of the process, written once. source: its text and imports for a file."""

    because: str
    is_needed: Callable[[Program], bool]
    source: Callable[[Program, str], tuple[str, tuple[Import, ...]]]


LISTENERS = (
    Listener(wide_integers.BECAUSE, wide_integers.is_needed, wide_integers.listener),
    Listener(text_numbers.BECAUSE, text_numbers.is_needed, text_numbers.listener),
    Listener(ddl_parameters.BECAUSE, ddl_parameters.is_needed, ddl_parameters.listener),
)


def needed_listeners(program: Program, choice: Choice) -> list[Listener]:
    """What an app needs; nothing where it does not go from psycopg2 to psycopg 3."""
    return [one for one in LISTENERS if one.is_needed(program)] if leaves_psycopg2(program, choice, PSYCOPG) else []


def leaves_psycopg2(program: Program, choice: Choice, target: str) -> bool:
    """Whether an app goes from psycopg2 to another driver."""
    listed = read_dependencies(program.workspace.files).listed
    row = sync_driver("postgresql+psycopg2")
    return choice.get("postgresql") == target and row is not None and any(p in listed for p in row.packages)
