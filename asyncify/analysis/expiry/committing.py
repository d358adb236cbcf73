"""Functions that leave nothing behind that waits to be flushed: they commit on every way to their end, and change
nothing after that.

Source: SQLAlchemy "Session Basics", "Committing": a commit flushes all that is pending and all that is dirty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.evaluated import is_always_evaluated
from asyncify.analysis.expiry.changes import Changes
from asyncify.analysis.expiry.events import event_of
from asyncify.analysis.symbols import FunctionInfo


class Committing:
    """Answers for one program, each function once."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._program = changes.program
        self._known: dict[FunctionInfo, bool] = {}

    def is_last(self, call: ast.Call) -> bool:
        """Whether a call commits, or runs functions that do, and nothing has changed when it is over."""
        event = event_of(self._program, call)
        if event is not None:
            return isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
        called = self._program.calls(call)
        return bool(called) and all(self._leaves_nothing(one.info) for one in called)

    def _leaves_nothing(self, function: FunctionInfo) -> bool:
        if function not in self._known:
            self._known[function] = False  # one that calls itself
            self._known[function] = self._is_committed(function)
        return self._known[function]

    def _is_committed(self, function: FunctionInfo) -> bool:
        lines = [line for statement in _always_run(function.node.body) for line in self._commits(function, statement)]
        if not lines:
            return False
        last = max(lines)
        if any(isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom)) and n.lineno < last for n in function.nodes):
            return False
        changed = any(at.lineno > last for at, _ in self._changes.own(function))
        return not changed and not any(
            call.lineno > last and self._changes.reached(called) for call, called in self._changes.callees(function)
        )

    def _commits(self, function: FunctionInfo, statement: ast.stmt) -> Iterator[int]:
        calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
        yield from (c.lineno for c in calls if is_always_evaluated(function.source, c) and self.is_last(c))


def _always_run(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The plain statements of a function that run whenever it comes to its end without an error."""
    for statement in body:
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            yield from _always_run(statement.body)
        elif isinstance(statement, ast.Try):
            raising = all(isinstance(handler.body[-1], ast.Raise) for handler in statement.handlers)
            yield from _always_run([*(statement.body if raising else []), *statement.finalbody])
        elif isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
            yield statement
