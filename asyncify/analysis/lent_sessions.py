"""Sessions that tests lend to the app: `app.dependency_overrides[get_db] = lambda: session`.

One session then serves the test and every request, and what the test has made or loaded stays in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has
from asyncify.knowledge import names


def lends_session(program: Program, path: str) -> bool:
    """Whether an override of a file gives a session that it does not make itself."""
    for _, value in override_entries(program.modules[path].source):
        if isinstance(value, ast.Lambda):
            given = [value.body]
        else:
            made = (v.info for v in program.values(value) if isinstance(v, Fn))
            given = [e for info in made for e in _results(info) if not _is_own(info, e)]
        if any(isinstance(e, (ast.Name, ast.Attribute)) and has(program.values(e), names.SESSION) for e in given):
            return True
    return False


def _results(info: FunctionInfo) -> Iterator[ast.expr]:
    for node in info.nodes:
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            yield node.value


def _is_own(info: FunctionInfo, node: ast.expr) -> bool:
    """Whether a name is bound by the function itself."""
    return isinstance(node, ast.Name) and any(
        isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store) for n in info.nodes
    )
