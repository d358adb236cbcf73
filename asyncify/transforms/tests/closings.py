"""`session.close.assert_called_once()` on a mock, where the app closes its sessions as it leaves `async with` now.

`AsyncSession.__aexit__` closes; a mock of a session only notes that it was left.
"""

from __future__ import annotations

import ast
from types import MappingProxyType

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_stands import Kind, TestMocks
from asyncify.analysis.routes import Reach
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.model.ops import Hole, RenameAttribute, Replace
from asyncify.transforms.awaiting.blocks import block_edits
from asyncify.transforms.tests.found import Work

_LEFT = "__aexit__"
_WHY = "the session is closed as its `async with` is left"
_ASKED = frozenset({"assert_called", "assert_called_once", "assert_not_called", "called", "call_count"})
_WITHOUT_ARGUMENTS = MappingProxyType(
    {"assert_called_once_with": "assert_called_once", "assert_called_with": "assert_called"}
)


def plan_closings(work: Work, mocks: TestMocks) -> None:
    """Ask the mocks whether they were left, where all `close()` of the app, or of what a test calls, go into blocks."""
    closes, folded = _closes(work)
    reach = Reach(work.program)
    for path in mocks.files:
        source = work.source(path)
        for node in source.nodes_of(ast.Attribute):
            asked = source.parent(node)
            if node.attr != "close" or not isinstance(asked, ast.Attribute):
                continue
            stand = mocks.stand(work.program.scope_of(node), node.value)
            is_session = stand is not None and stand.kind is Kind.SESSION
            if not is_session and not has(work.program.values(node.value), names.SESSION):
                continue
            test = work.program.function_of(node)
            called = {c for c in closes if test is not None and work.program.function_of(c) in reach.of(test)} or closes
            if not called or not called <= folded:
                continue
            call = source.parent(asked)
            if asked.attr in _ASKED:
                work.edit(path, node, RenameAttribute(_LEFT), _WHY)
            elif asked.attr in _WITHOUT_ARGUMENTS and isinstance(call, ast.Call) and not call.args:
                hole = Hole("mock", source.span(node.value))
                text = f"$mock.{_LEFT}.{_WITHOUT_ARGUMENTS[asked.attr]}()"
                work.edit(path, call, Replace(text, (hole,)), _WHY)


def _closes(work: Work) -> tuple[set[ast.AST], set[ast.AST]]:
    """The calls by which the app closes sessions, and what goes into a block that is opened for a session."""
    closes: set[ast.AST] = set()
    folded: set[ast.AST] = set()
    for path, module in work.program.modules.items():
        if is_test(path):
            continue
        for call in module.source.nodes_of(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "close":
                if has(work.program.values(call.func.value), names.SESSION):
                    closes.add(call)
        changed = {e.target for e in block_edits(work.program, module)}
        for block in module.source.nodes_of(ast.Try):
            if module.source.target(block) in changed:
                folded.update(n for stmt in block.finalbody for n in ast.walk(stmt))
    return closes, folded
