"""Sessions that a mock of the test's own gives: `with session_class(engine) as db`, `db = session_class()`.

What a mock gives when it is called or entered is a mock of its own, which no call in the test makes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.mock_calls import is_mock_call
from asyncify.analysis.mock_objects import mentions_mocks
from asyncify.analysis.mock_stands import Kind
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo

Opening = ast.With | ast.AsyncWith | ast.Assign


def given_sessions(program: Program) -> Iterator[tuple[str, Opening, str]]:
    """Each such session: the file, the statement that gives it, and its name."""
    known = program.mock_origins.mocks.names
    for path in sorted(p for p in program.modules if mentions_mocks(program.modules[p].source)):
        for node in program.modules[path].source.nodes_among(frozenset({ast.With, ast.AsyncWith, ast.Assign})):
            scope = program.scope_of(node)
            for value, name in _named(node):
                stand = known.get((scope, name))
                maker = value.func if isinstance(value, ast.Call) else value
                if stand is None or stand.kind is not Kind.SESSION or not isinstance(maker, ast.Name):
                    continue
                if isinstance(scope, FunctionInfo) and _gives_what_it_likes(program, path, scope, maker.id):
                    assert isinstance(node, Opening)
                    yield path, node, name


def _named(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """What a statement enters or calls, and the name of what that gives."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name):
                yield item.context_expr, item.optional_vars.id
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        yield from ((node.value, target.id) for target in node.targets if isinstance(target, ast.Name))


def _gives_what_it_likes(program: Program, path: str, scope: FunctionInfo, name: str) -> bool:
    """Whether a name of a function is a mock of which the test does not say what it gives."""
    made: list[ast.expr] = []
    for node in ast.walk(scope.node):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name) and target.id == name:
                assert isinstance(node, ast.Assign)
                made.append(node.value)
            elif isinstance(target, ast.Attribute) and _root(target) == name:
                return False
    return bool(made) and all(
        isinstance(value, ast.Call)
        and is_mock_call(program, path, value)
        and not any(k.arg in ("return_value", "side_effect", None) for k in value.keywords)
        for value in made
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""
