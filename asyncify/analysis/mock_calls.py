"""The calls of `unittest.mock` and pytest-mock: what makes a mock, and what puts one somewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.knowledge.testing import ASYNC_MOCK, MOCKS


def is_mock_call(program: Program, path: str, node: ast.AST) -> bool:
    """`MagicMock(...)`, `Mock(...)`, `AsyncMock(...)` or `create_autospec(...)`."""
    if not isinstance(node, ast.Call):
        return False
    if is_mocker(node.func) or is_autospec(node):
        return True
    found = program.names.resolve_expression(path, node.func)
    known = {v.name for v in program.values(node.func) if isinstance(v, Ext)}
    known |= {canonical(found.name)} if isinstance(found, Ext) else set()
    return bool(known & (MOCKS | {ASYNC_MOCK}))


def is_autospec(node: ast.expr) -> bool:
    """`create_autospec(...)`, which knows by itself what is to be awaited."""
    return isinstance(node, ast.Call) and last_name(node.func) == "create_autospec"


def is_mocker(node: ast.expr) -> bool:
    """`mocker.MagicMock`, where pytest-mock gives the classes of `unittest.mock` through its fixture."""
    classes = {name.rpartition(".")[2] for name in (*MOCKS, ASYNC_MOCK)}
    return isinstance(node, ast.Attribute) and node.attr in classes and last_name(node.value).endswith("mocker")


def results(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """What a function returns or yields."""
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Return, ast.Yield)) and inner.value is not None:
            yield inner.value


def handed_back(function: FunctionInfo, call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that the function returns itself."""
    returned = {r.id for r in results(function.node) if isinstance(r, ast.Name)}
    return [value for p, value in zip(function.parameters, call.args, strict=False) if p.arg in returned]


def arguments(program: Program, call: ast.Call) -> Iterator[tuple[FunctionInfo, ast.arg, ast.expr]]:
    """What a call hands to the parameters of functions of the program."""
    for function in program.calls(call):
        parameters = function.info.parameters[1 if function.bound and function.info.cls is not None else 0 :]
        by_name = {p.arg: p for p in parameters}
        yield from ((function.info, p, value) for p, value in zip(parameters, call.args, strict=False))
        yield from ((function.info, by_name[k.arg], k.value) for k in call.keywords if k.arg in by_name)


def set_values(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target of an assignment with its value; `first, second = Mock(), Mock()` sets two."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            if len(target.elts) == len(node.value.elts):
                yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def specs_of(call: ast.Call) -> list[ast.expr]:
    """What a mock is told to be like."""
    given = [k.value for k in call.keywords if k.arg in ("spec", "spec_set")]
    return [*given, *call.args[:1]] if is_autospec(call) else given
