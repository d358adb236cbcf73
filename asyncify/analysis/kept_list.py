"""What stays synchronous on purpose, for the report: each file once, and functions and classes that were named."""

from __future__ import annotations

import ast

from asyncify.analysis.environments import ENGINES, async_environments
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.points import written_points
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.model.plan import KeptSync

ALEMBIC = "Alembic runs it synchronously"


def kept_sync_places(program: Program) -> tuple[KeptSync, ...]:
    """Files that Alembic runs and that reach the database, and all that a person named, by path and line."""
    found: list[KeptSync] = []
    overrides = program.overrides
    leaving = async_environments(program)
    for path in program.modules:
        kept = overrides.files.get(path)
        if kept is not None:
            found.append(KeptSync(path, kept.line or 1, "", kept.why))
        elif is_alembic(program, path) and path not in leaving:
            line = _first_place(program, path)
            if line is not None:
                found.append(KeptSync(path, line, "", ALEMBIC))
    for definition, kept in overrides.kept.items():
        found.append(KeptSync(definition.path, definition.node.lineno, definition.qualname, kept.why))
    return tuple(sorted(found, key=lambda k: (k.path, k.line)))


def _first_place(program: Program, path: str) -> int | None:
    """The first line of a file that makes an engine or waits for the database; None where it does neither."""
    module = program.modules[path]
    lines = [getattr(p.node, "lineno", 1) for p in written_points(program, module, frozenset())]
    lines += [
        call.lineno
        for call in module.source.nodes_of(ast.Call)
        if any(isinstance(v, Ext) and canonical(v.name) in ENGINES for v in program.values(call.func))
    ]
    return min(lines, default=None)
