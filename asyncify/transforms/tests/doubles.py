"""Replacements of functions that become async: they must give something that can be awaited.

`patch("module.function")` needs nothing: on an async function it makes an `AsyncMock` by itself, whose
`return_value` and `side_effect` mean the same. A function as replacement becomes async with its target (`await` does
that). A lambda cannot be async, and a mock that the test makes itself gives a plain value.
Source: `unittest.mock`, "patch" and "AsyncMock".
"""

from __future__ import annotations

import ast
from itertools import count

from asyncify.analysis.bindings import bring, free_name
from asyncify.analysis.dotted import root_of
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_calls import is_mocker
from asyncify.analysis.mock_patches import has_new, is_patch
from asyncify.analysis.nodes import last_name
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.test_doubles import Replacement, find_replacements
from asyncify.analysis.values import Ext
from asyncify.knowledge.names import canonical
from asyncify.knowledge.testing import MOCKS
from asyncify.model.ops import EditCall, Hole, InsertStatements, Replace
from asyncify.transforms.tests.bound_overrides import bound_override, override_name
from asyncify.transforms.tests.found import Work
from asyncify.transforms.tests.iterators import assigned_to_mock

#: what tells what a patched function gives
TOLD = frozenset({"return_value", "side_effect", "autospec", "spec", "spec_set"})


def plan_doubles(work: Work) -> None:
    """Change what tests put in the place of functions that become async, and lambdas that wait."""
    done: set[ast.AST] = set()
    named: set[tuple[ast.AST, str]] = set()
    for one in find_replacements(work.program):
        what = one.value or one.node
        if work.waits(one.target) and not one.target.is_generator and what not in done:
            done.add(what)
            _replacement(work, one, named)
    _plain_results(work)
    for path in sorted(work.program.modules):
        for key, value in override_entries(work.source(path)):
            if isinstance(value, ast.Lambda):
                _override(work, work.source(path), key, value)
            elif isinstance(value, ast.Call):
                bound_override(work, work.source(path), override_name(work, work.source(path), key), value)


def _replacement(work: Work, one: Replacement, named: set[tuple[ast.AST, str]]) -> None:
    """named: the functions that already stand in front of a statement, each with a name of its own."""
    source = work.source(one.path)
    why = f"it stands for {one.target.qualname}, which becomes async"
    if isinstance(one.node, ast.Call):
        for keyword in one.node.keywords:
            if keyword.arg == "new_callable" and is_mock_class(work, one.path, keyword.value):
                to_async_mock(work, source, keyword.value, why)
    if isinstance(one.value, ast.Lambda):
        statement, wanted = source.statement(one.value), f"fake_{one.target.name.strip('_')}"
        number = next(n for n in count(1) if (statement, f"{wanted}_{n}") not in named)
        named.add((statement, f"{wanted}_{number}"))
        name = free_name(work.program, one.path, wanted if number == 1 else f"{wanted}_{number}")
        _as_function(work, source, one.value, name, why)
    elif one.value is not None:
        for call in made_mocks(work, source, one.value):
            to_async_mock(work, source, call.func, why)


def _plain_results(work: Work) -> None:
    """What a `patch` gives of which its test says nothing: an `AsyncMock` gives an `AsyncMock`, whose methods give
    coroutines where the app calls one."""
    asked = _asked_for_more(work)
    for one in find_replacements(work.program):
        if one.target not in asked or one.target not in work.changing or one.target.is_generator:
            continue
        if isinstance(one.node, ast.Call) and is_patch(one.node) and not has_new(one.node):
            said = {k.arg for k in one.node.keywords} & TOLD
            said |= {target.attr for target, _ in assigned_to_mock(work, one.path, one.node)} & TOLD
            if not said:
                mock, imports = bring(work.program, one.path, "unittest.mock", "MagicMock")
                why = f"the app calls methods of what {one.target.qualname} gives"
                work.edit(one.path, one.node, EditCall(set=(("return_value", f"{mock}()"),)), why, imports)


def _asked_for_more(work: Work) -> set[FunctionInfo]:
    """The functions of which the app calls a method of what they give: `board = find(db)`, `board.moves()`."""
    found: set[FunctionInfo] = set()
    for function in work.program.functions:
        if is_test(function.path):
            continue
        called = {
            node.func.value.id
            for node in function.nodes
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        }
        for node in function.nodes if called else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                if any(isinstance(t, ast.Name) and t.id in called for t in node.targets):
                    found.update(f.info for f in work.program.calls(node.value))
    return found


def is_mock_class(work: Work, path: str, node: ast.expr) -> bool:
    """Whether an expression is `Mock` or `MagicMock`."""
    if is_mocker(node) and last_name(node) != "AsyncMock":
        return True
    found = work.program.names.resolve_expression(path, node)
    inferred = {v.name for v in work.program.values(node) if isinstance(v, Ext)}
    return (isinstance(found, Ext) and canonical(found.name) in MOCKS) or bool(inferred & MOCKS)


def made_mocks(work: Work, source: SourceFile, value: ast.expr) -> list[ast.Call]:
    """The `MagicMock(...)` call that a value is, or that the name it is was assigned before."""
    if isinstance(value, ast.Call):
        return [value] if is_mock_class(work, source.path, value.func) else []
    if not isinstance(value, ast.Name):
        return []
    function = work.program.function_of(value)
    root: ast.AST = source.tree if function is None else function.node
    return [
        node.value
        for node in ast.walk(root)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(t, ast.Name) and t.id == value.id for t in node.targets)
        and is_mock_class(work, source.path, node.value.func)
    ]


def to_async_mock(work: Work, source: SourceFile, node: ast.expr, why: str) -> None:
    """`MagicMock` to `AsyncMock`, once."""
    to_mock_class(work, source, node, why, "AsyncMock")


def to_mock_class(work: Work, source: SourceFile, node: ast.expr, why: str, wanted: str) -> None:
    """The class of a mock to another one of `unittest.mock`, once."""
    if any(e.path == source.path and e.target == source.target(node) for e in work.edits):
        return
    if isinstance(node, ast.Attribute):
        work.edit(source.path, node, Replace(f"{source.segment(node.value)}.{wanted}"), why)
        return
    name, imports = bring(work.program, source.path, "unittest.mock", wanted)
    work.edit(source.path, node, Replace(name), why, imports, (root_of(node),))


def _as_function(work: Work, source: SourceFile, node: ast.Lambda, name: str, why: str, wait: str = "") -> None:
    """`lambda x: value` to a function of that name in front of the statement."""
    statement = source.statement(node)
    outer = source.parent(node)
    while outer is not statement and outer is not None:
        if isinstance(outer, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            message = f"a lambda stands for something async: {why}"
            work.report(source.path, node, "lambda-double", message, "write an `async def` in its place")
            return
        outer = source.parent(outer)
    arguments = ast.unparse(node.args)
    body = Hole("value", source.span(node.body))
    template = f"async def {name}({arguments}):\n    return {wait}$value\n"
    work.edit(source.path, statement, InsertStatements(template, "before", (body,)), why)
    work.edit(source.path, node, Replace(name), why)


def _override(work: Work, source: SourceFile, key: ast.expr, node: ast.Lambda) -> None:
    """`app.dependency_overrides[f] = lambda: crud.get_user(db)`: FastAPI awaits a function, not what it returns."""
    waiting = node.body in work.program.colouring.points or any(
        work.waits(f.info) and not f.info.is_generator for f in work.program.calls(node.body)
    )
    if waiting:
        _as_function(work, source, node, override_name(work, source, key), "a lambda cannot wait", "await ")
