"""Connections and engines that a program gives to Alembic: `config.attributes["connection"] = connection`.

`env.py` stays synchronous and works on what it finds there; where it connects to that first, people give it an engine.
Source: Alembic cookbook, "Sharing a Connection across one or more programmatic
migration commands" and "Programmatic API use (connection sharing) With Asyncio".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.kept_files import kept_sync
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names

#: where the functions of `alembic upgrade` and the like are
COMMANDS = "alembic.command."


def lent_connections(program: Program, only: str = "") -> Iterator[tuple[str, ast.expr]]:
    """The file and the expression of whatever files that do not stay sync lend to Alembic. only: one file, or all."""
    for path in [only] if only else sorted(program.modules):
        module = program.modules[path]
        if ".attributes[" in module.source.text and not kept_sync(program, path):
            for node in module.source.nodes_of(ast.Assign):
                if _is_place(node.targets[0]):
                    yield path, node.value


def shared_connections(program: Program, only: str = "") -> Iterator[tuple[str, ast.expr, str]]:
    """The file, the expression and the kind of each connection or engine that becomes async and is given to Alembic.

    only: the one file to look at, or all of them.
    """
    for path, value in lent_connections(program, only):
        kinds = [kind for kind in (names.CONNECTION, names.ENGINE) if has(program.values(value), kind)]
        if len(kinds) == 1:
            yield path, value, kinds[0]


def _is_place(target: ast.expr) -> bool:
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Attribute)
        and target.value.attr == "attributes"
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == "connection"
    )


def runs_migrations(program: Program, node: ast.Call) -> bool:
    """Whether a call is a command of Alembic that may work on such a connection."""
    commands = any(isinstance(v, Ext) and v.name.startswith(COMMANDS) for v in program.values(node.func))
    return commands and any(True for _ in shared_connections(program))
