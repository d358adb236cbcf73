"""Helpers that files of tests and environments of Alembic share with the app, from a file that they import already.

Only such a file: another import could run the app before the tests have set their environment.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.kept_files import is_alembic
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo


def home_of(
    program: Program, module: ModuleInfo, node: ast.AST, helper: str, made: Collection[tuple[str, str]]
) -> str:
    """The module from which a file of tests or an environment can import a helper; "" where there is none, or it is
    another file.

    node: what needs it, below the import. made: files that get helpers now, with their names.
    """
    beside = is_test_path(module.path) or is_alembic(program, module.path)
    for stmt in module.source.tree.body if beside else ():
        if not isinstance(stmt, ast.ImportFrom) or stmt.level or not stmt.module:
            continue
        path = program.names.index.find(stmt.module, module.path)
        if stmt.lineno > getattr(node, "lineno", 0):
            continue
        if path is None or path not in program.modules or is_test_path(path):
            continue
        if any(alias.name == "*" for alias in stmt.names):
            continue
        if (path, helper) in made or helper in program.modules[path].bound:
            return stmt.module
    return ""
