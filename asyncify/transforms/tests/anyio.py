"""Suites that run their async tests with the plugin of anyio keep it: new async tests get its mark.

Source: anyio "Testing with AnyIO": a coroutine test runs with the mark `anyio`, on each backend that the fixture
`anyio_backend` gives; fixtures of wider scope need a backend of that scope.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from asyncify.analysis.symbols import FunctionInfo
from asyncify.knowledge.testing import ANYIO_BACKEND
from asyncify.model.edit import Import
from asyncify.model.ops import EditDecorators
from asyncify.transforms.tests.found import Work

_MARK = "anyio"
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
    waiting = frozenset(f for f in work.program.fixtures.decorators if f in work.changing or f.is_async)
    for function in work.program.functions:
        if function in work.changing or function.is_async or not work.program.fixtures.is_test(function):
            continue
        if any(f in waiting for f in work.program.fixtures.taken(function)):
            op = EditDecorators(add=(f'pytest.mark.usefixtures("{ANYIO_BACKEND}")',), first=True)
            work.edit(function.path, function.node, op, "a fixture that it takes becomes async", (Import("pytest"),))
