"""What tests give for generators that become async: `patch("app.tasks.get_db", return_value=iter([session]))`.

What waits for the items asks for them with `async for` or `__anext__()`, which an iterator or a list does not have.
Source: Python, "Asynchronous Iterators", "Asynchronous Generator-Iterator Methods".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.bindings import free_name
from asyncify.analysis.mock_origins import scope_of_patch
from asyncify.analysis.mock_patches import given_by_patches
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_doubles import Replacement, find_replacements
from asyncify.model.ops import AppendToModule, Hole, Replace
from asyncify.transforms.tests.found import Work

HELPER = "each_of"
SOURCE = '''
async def each_of(items):
    """Items for what waits for each of them."""
    for item in items:
        yield item
'''


def plan_iterators(work: Work) -> None:
    """Let the items be given one by one to who waits for them."""
    helped: dict[str, str] = {}
    done: set[ast.AST] = set()
    for one in find_replacements(work.program):
        if not work.waits(one.target) or not one.target.is_generator:
            continue
        source = work.source(one.path)
        for node in _given(work, one):
            items = _items(work, one.path, node)
            if items is None or node in done:
                continue
            done.add(node)
            why = f"{one.target.qualname} becomes an async generator"
            if one.path not in helped:
                helped[one.path] = _helper(work, one.path, node, why)
            hole = Hole("items", source.span(items))
            work.edit(one.path, node, Replace(f"{helped[one.path]}($items)", (hole,)), why)


def _helper(work: Work, path: str, node: ast.AST, why: str) -> str:
    """The name of the helper in a file, defined there once."""
    if any(f.qualname == HELPER for f in work.program.modules[path].functions.values()):
        return HELPER
    name = free_name(work.program, path, HELPER)
    text = SOURCE.replace(HELPER, name).strip("\n")
    work.edit(path, work.source(path).statement(node), AppendToModule(text, "imports"), why)
    return name


def _given(work: Work, one: Replacement) -> Iterator[ast.expr]:
    """What a replacement gives when it is called."""
    if isinstance(one.value, ast.Lambda):
        yield one.value.body
    for call in (one.value, one.node):
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            yield from _said(str(keyword.arg), keyword.value)
    if isinstance(one.node, ast.Call):
        for target, value in assigned_to_mock(work, one.path, one.node):
            yield from _said(target.attr, value)


def _said(name: str, value: ast.expr) -> Iterator[ast.expr]:
    """What a mock gives of which `return_value` or `side_effect` says so: a list of effects has one for each call."""
    if name == "return_value":
        yield value
    elif name == "side_effect" and isinstance(value, ast.Lambda):
        yield value.body
    elif name == "side_effect" and isinstance(value, (ast.List, ast.Tuple)):
        yield from value.elts


def assigned_to_mock(work: Work, path: str, patch: ast.Call) -> Iterator[tuple[ast.Attribute, ast.expr]]:
    """What a test assigns to the mock of a patch: `get_db.return_value = iter([session])`."""
    scope = scope_of_patch(work.program, path, patch)
    name = _name_of(work, path, patch, scope)
    for node in ast.walk(scope.node if scope is not None else work.source(path).tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == name:
            assert isinstance(node, ast.Assign)
            yield target, node.value


def _name_of(work: Work, path: str, patch: ast.Call, scope: FunctionInfo | None) -> str:
    """The name that a test has for the mock of a patch."""
    at = work.source(path).parent(patch)
    if isinstance(at, ast.withitem):
        return at.optional_vars.id if isinstance(at.optional_vars, ast.Name) else ""
    if isinstance(at, ast.Assign):
        return at.targets[0].id if isinstance(at.targets[0], ast.Name) else ""
    given = given_by_patches(scope) if scope is not None else []
    return next((parameter.arg for decorator, parameter in given if decorator is patch), "")


def _items(work: Work, path: str, node: ast.expr) -> ast.expr | None:
    """The items in what is given for a generator: of `iter([session])` and `[session]` it is the list."""
    if isinstance(node, (ast.List, ast.Tuple, ast.GeneratorExp)):
        return node
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "iter"
        and len(node.args) == 1
    ):
        return node.args[0] if work.program.names.resolve(path, "iter") is None else None
    return None
