"""Rows that listeners write whenever a session stores what it holds: instances do not know of them.

Source: SQLAlchemy "ORM Events", MapperEvents and SessionEvents.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Fn

LISTEN = frozenset({"listens_for", "listen"})
#: events of a mapper: its listeners run when an instance of that class is stored
OF_MAPPERS = frozenset(f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete"))
OF_SESSIONS = frozenset({"before_flush", "after_flush", "after_flush_postexec", "before_commit"})


def storing_listeners(program: Program) -> Iterator[tuple[ClassInfo | None, FunctionInfo]]:
    """The functions that run when something is stored, each with the class of which that must be; None for any."""
    for path in sorted(program.modules):
        source = program.modules[path].source
        for node in source.nodes_of(ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            event = node.args[1] if called in LISTEN and len(node.args) > 1 else None
            name = event.value if isinstance(event, ast.Constant) else ""
            if name not in OF_MAPPERS | OF_SESSIONS:
                continue
            parent = source.parent(node)
            functions = [program.modules[path].functions[parent]] if isinstance(parent, ast.FunctionDef) else []
            functions += [v.info for a in node.args[2:] for v in program.values(a) if isinstance(v, Fn)]
            targets = [v.info for v in program.values(node.args[0]) if isinstance(v, Cls)]
            models = [info for info in targets if program.orm.is_model(info)]
            for function in functions:
                yield from ((info, function) for info in (models if name in OF_MAPPERS and models else [None]))
