"""What an app that leaves psycopg2 or pg8000 for another driver needs on its engines: the same statements work."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.knowledge.drivers import Choice, sync_driver
from asyncify.model.edit import Import
from asyncify.transforms.engine import asyncpg_uuids, asyncpg_values, client_binding, error_classes, written_values

PSYCOPG = "postgresql+psycopg"
ASYNCPG = "postgresql+asyncpg"
PSYCOPG2 = "postgresql+psycopg2"
PG8000 = "postgresql+pg8000"


@dataclass(frozen=True)
class Listener:
    """A listener on every engine of the process, written once.

    target: the drivername that needs it. source: its text and imports for a file. leaves: what the app had before.
    """

    target: str
    because: str
    is_needed: Callable[[Program], bool]
    source: Callable[[Program, str], tuple[str, tuple[Import, ...]]]
    leaves: str = PSYCOPG2


LISTENERS = (
    Listener(PSYCOPG, client_binding.BECAUSE, client_binding.is_needed, client_binding.listeners),
    Listener(ASYNCPG, asyncpg_values.BECAUSE, asyncpg_values.is_needed, asyncpg_values.listener),
    Listener(ASYNCPG, asyncpg_uuids.BECAUSE, asyncpg_uuids.is_needed, asyncpg_uuids.listener),
    Listener(PSYCOPG, error_classes.BECAUSE, error_classes.raises_by_code, error_classes.handler),
    Listener(ASYNCPG, error_classes.BECAUSE, error_classes.raises_by_class, error_classes.handler),
    Listener(ASYNCPG, error_classes.BECAUSE, error_classes.cannot_connect, error_classes.connector),
    Listener(PSYCOPG, written_values.BECAUSE, written_values.is_needed, written_values.listener, PG8000),
)


def needed_listeners(program: Program, choice: Choice) -> list[Listener]:
    """What an app needs; nothing where it leaves no driver that it lists."""
    return [one for one in LISTENERS if _leaves(program, choice, one.leaves, one.target) and one.is_needed(program)]


def leaves_psycopg2(program: Program, choice: Choice, target: str) -> bool:
    """Whether an app goes from psycopg2 to another driver."""
    return _leaves(program, choice, PSYCOPG2, target)


def _leaves(program: Program, choice: Choice, left: str, target: str) -> bool:
    """Whether an app goes from one driver, which it lists, to another one."""
    listed = read_dependencies(program.workspace.files).listed
    row = sync_driver(left)
    return choice.get("postgresql") == target and row is not None and any(p in listed for p in row.packages)


def has_addresses(program: Program) -> bool:
    """Whether a program has columns of network addresses. Source: SQLAlchemy 2.0.18, `native_inet_types`."""
    for path, module in program.modules.items():
        for node in module.source.nodes:
            if getattr(node, "id", getattr(node, "attr", "")) in ("INET", "CIDR"):
                found = program.names.resolve_expression(path, node) if isinstance(node, ast.expr) else None
                if isinstance(found, Ext) and found.name.startswith("sqlalchemy."):
                    return True
    return False
