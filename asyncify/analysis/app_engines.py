"""The engines of an app, as against those of its tests and of Alembic."""

from __future__ import annotations

import ast

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.foreign_engines import FOREIGN_ENGINE
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, has
from asyncify.knowledge import names
from asyncify.knowledge.names import canonical

#: engines that can be async
ENGINES = (names.ENGINE, names.ASYNC_ENGINE)


def only_foreign(program: Program) -> tuple[tuple[str, ast.Call], ...]:
    """The calls that make the engines of an app, by file, where all of them are on databases that have no async driver;
    empty where one is not."""
    found: list[tuple[str, ast.Call]] = []
    for path, module in program.modules.items():
        if is_test(path) or is_alembic(program, path):
            continue
        for node in module.source.nodes_of(ast.Call):
            made = program.values(node)
            if has(made, *ENGINES):
                return ()
            maker = (canonical(v.name) for v in program.values(node.func) if isinstance(v, Ext))
            if names.CREATE_ENGINE in maker and has(made, FOREIGN_ENGINE):
                found.append((path, node))
    return tuple(found)
