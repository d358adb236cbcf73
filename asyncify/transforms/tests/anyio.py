"""Suites that run their async tests with the plugin of anyio keep it: new async tests get its mark.

Source: anyio "Testing with AnyIO": a coroutine test runs with the mark `anyio`, on each backend that the fixture
`anyio_backend` gives; fixtures of wider scope need a backend of that scope.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Sequence

from asyncify.analysis.symbols import FunctionInfo
from asyncify.knowledge.testing import ANYIO_BACKEND
from asyncify.model.edit import Import, TextEdit
from asyncify.model.ops import AppendToModule, EditCall, EditDecorators, Replace
from asyncify.transforms.tests.found import GROUP, NAME, Work

_MARK = "anyio"
_SCOPES = ("function", "class", "module", "package", "session")
_BACKEND = '''\
@pytest.fixture(scope="session")
def anyio_backend():
    """SQLAlchemy runs on asyncio alone."""
    return "asyncio"
'''
_WHY = "the suite runs async tests with the plugin of anyio"


def uses_anyio(work: Work) -> bool:
    """Whether async tests are run by anyio here, and not by pytest-asyncio."""
    marks = {
        node.attr
        for module in work.program.modules.values()
        for node in module.source.nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "mark"
    }
    backend = any(f.name == ANYIO_BACKEND for f in work.program.fixtures.decorators)
    return (_MARK in marks or backend) and "asyncio" not in marks


def plan_marks(work: Work, changing: Sequence[FunctionInfo]) -> None:
    """Mark the tests that become async, in files that have no `pytestmark` for it. Those that stay plain ask for the
    backend where a fixture that they take becomes async: the plugin runs it for no other test."""
    for function in changing:
        module = work.program.modules[function.path]
        marked = any("anyio" in module.source.segment(s) for s in module.top.get("pytestmark", ()))
        if work.program.fixtures.is_test(function) and not marked:
            op = EditDecorators(add=("pytest.mark.anyio",), first=True)
            work.edit(function.path, function.node, op, _WHY, (Import("pytest"),))
    waiting = _waiting(work)
    for function in work.program.functions:
        if function in work.changing or function.is_async or not work.program.fixtures.is_test(function):
            continue
        if any(f in waiting for f in work.program.fixtures.taken(function)):
            op = EditDecorators(add=(f'pytest.mark.usefixtures("{ANYIO_BACKEND}")',), first=True)
            work.edit(function.path, function.node, op, "a fixture that it takes becomes async", (Import("pytest"),))


def plan_other_marks(work: Work) -> None:
    """Tests with the mark of anyio in a suite that pytest-asyncio runs: what they share is on the loop of that."""
    waiting = _waiting(work)
    for function in work.program.functions:
        taken = work.program.fixtures.taken(function) if work.program.fixtures.is_test(function) else ()
        if function not in work.changing and not any(f in waiting for f in taken):
            continue
        for decorator in function.node.decorator_list:
            mark = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(mark, ast.Attribute) and mark.attr == _MARK and getattr(mark.value, "attr", "") == "mark":
                what = f"{function.source.segment(mark.value)}.asyncio"
                work.edit(function.path, decorator, Replace(what), "its fixtures are on the loop of pytest-asyncio")


def _waiting(work: Work) -> frozenset[FunctionInfo]:
    return frozenset(f for f in work.program.fixtures.decorators if f in work.changing or f.is_async)


def plan_backend(work: Work, changing: Sequence[FunctionInfo]) -> None:
    """Without a fixture that says so, anyio runs async tests on trio, too; and no fixture may have a wider scope."""
    fixtures = work.program.fixtures
    known = [f for f in fixtures.decorators if f.name == ANYIO_BACKEND]
    if not known:
        add_to_conftest(work, changing, _BACKEND, ("pytest",), "the async engine runs on asyncio")
    widest = max((_SCOPES.index(fixtures.scope(f)) for f in changing if f in fixtures.decorators), default=0)
    for function in known:
        decorator = fixtures.decorators[function]
        if _SCOPES.index(fixtures.scope(function)) < widest:
            scope = f'"{_SCOPES[widest]}"'
            called = isinstance(decorator, ast.Call)
            op = EditCall(set=(("scope", scope),)) if called else Replace(f"$it(scope={scope})")
            work.edit(function.path, decorator, op, "a fixture of this scope becomes async")


def add_to_conftest(
    work: Work, changing: Sequence[FunctionInfo], code: str, modules: Sequence[str], because: str
) -> None:
    """Put a fixture into the `conftest.py` of the folder that holds all these functions."""
    folder = posixpath.commonpath([posixpath.dirname(f.path) or "." for f in changing]).removeprefix(".")
    path = posixpath.join(folder, "conftest.py")
    module = work.program.modules.get(path)
    if module is None:
        imports = "\n\n".join(f"import {name}" for name in modules)
        work.text_edits.append(TextEdit(NAME, path, None, f"{imports}\n\n\n{code}", because, GROUP))
    elif module.source.tree.body:
        first: ast.AST = module.source.tree.body[0]
        work.edit(path, first, AppendToModule(code), because, [Import(name) for name in modules])
