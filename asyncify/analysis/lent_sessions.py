"""Sessions that tests lend to the app: `app.dependency_overrides[get_db] = lambda: session`.

One session then serves the test and every request, and what the test has made or loaded stays in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has
from asyncify.knowledge import names
from asyncify.knowledge.testing import OVERRIDES


def override_values(program: Program, path: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a file overrides and with what: by item, in a display that is assigned, and as argument of `update` or
    `patch.dict`."""
    source = program.modules[path].source
    for node in source.nodes_among(frozenset({ast.Assign, ast.Dict})):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _names_overrides(target.value):
                    yield target.slice, node.value
        elif isinstance(node, ast.Dict):
            user = source.parent(node)
            beside = [*user.targets] if isinstance(user, ast.Assign) else []
            beside += [user.func, *user.args] if isinstance(user, ast.Call) else []
            if any(_names_overrides(n) for given in beside for n in ast.walk(given)):
                yield from ((k, v) for k, v in zip(node.keys, node.values, strict=True) if k is not None)


def _names_overrides(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == OVERRIDES


def lends_session(program: Program, path: str) -> bool:
    """Whether an override of a file gives a session that it does not make itself."""
    for _, value in override_values(program, path):
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
