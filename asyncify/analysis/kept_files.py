"""Files that stay synchronous as a whole."""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program


def is_alembic(program: Program, path: str) -> bool:
    """Whether a file belongs to Alembic: it stays synchronous on purpose."""
    imports = program.modules[path].imports
    for statements in imports.values():
        for node in statements:
            if isinstance(node, ast.ImportFrom) and node.module == "alembic" and node.level == 0:
                if any(a.name in ("op", "context") for a in node.names):
                    return True
    return False


def kept_sync(program: Program, path: str) -> bool:
    """Whether a file stays synchronous as a whole; all do where no engine can become async, since an `AsyncSession`
    refuses a sync engine."""
    return path in program.overrides.files or bool(program.only_foreign_engines) or is_alembic(program, path)
