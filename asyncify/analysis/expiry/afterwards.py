"""What may run behind a place of a program: further down in its function, and in those that go on when it returns.

The tests that take a fixture run behind it. Source: pytest "How to use fixtures".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache, cached_property

from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo


class Afterwards:
    """One for each program: it keeps what it has found."""

    def __init__(self, program: Program, reach: Reach) -> None:
        self.program = program
        self._reach = reach
        self._behind = cache(self._find_behind)
        self._returned = cache(self._find_returned)
        self._calls: dict[FunctionInfo, list[tuple[ast.Call, FunctionInfo]]] = {}
        self._callers: dict[FunctionInfo, list[tuple[ast.Call, FunctionInfo]]] = defaultdict(list)
        for function in program.functions:
            calls = (node for node in function.nodes if isinstance(node, ast.Call))
            self._calls[function] = [(node, fn.info) for node in calls for fn in program.calls(node)]
            for node, called in self._calls[function]:
                self._callers[called].append((node, function))

    def leads(self, place: ast.Call, node: ast.AST) -> bool:
        """Whether a node may be evaluated after a call."""
        here, there = self.program.function_of(place), self.program.function_of(node)
        if here is None or there is None:
            return False
        line = getattr(node, "lineno", 0)
        below = here is there and place.lineno < line
        return below or there in self._behind(here, place.lineno) or line >= self._returned(here).get(there, line + 1)

    def between(self, function: FunctionInfo, first: int, last: int) -> frozenset[FunctionInfo]:
        """What a function runs in lines of its own, the first and the last included."""
        called = {info for node, info in self._calls.get(function, ()) if first <= node.lineno <= last}
        return frozenset().union(*(self._reach.of(info) for info in called))

    def _find_behind(
        self, function: FunctionInfo, line: int, returned: ast.Call | None = None
    ) -> frozenset[FunctionInfo]:
        """The functions that one calls from a line on, and those that they call. Not the call that has returned there,
        unless a loop runs it again."""
        again = returned is None or is_repeated(function, returned)
        found = ((node, info) for node, info in self._calls.get(function, ()) if node.lineno >= line)
        called = {info for node, info in found if again or node is not returned}
        return frozenset().union(*(self._reach.of(info) for info in called))

    def _find_returned(self, function: FunctionInfo) -> dict[FunctionInfo, int]:
        """The functions that may run when one has returned to those that call it, each from which line on."""
        found: dict[FunctionInfo, int] = {}
        seen, todo = {function}, [function]
        while todo:
            done = todo.pop()
            for user in self._users.get(done, ()):
                found.update(dict.fromkeys((user, *self._behind(user, 0)), 0))
            for node, caller in self._callers[done]:
                first = _first_line(caller, node)
                found[caller] = min(first, found.get(caller, first))
                found.update(dict.fromkeys(self._behind(caller, node.lineno, node), 0))
                if caller not in seen:
                    seen.add(caller)
                    todo.append(caller)
        return found

    @cached_property
    def _users(self) -> dict[FunctionInfo, list[FunctionInfo]]:
        """The tests and fixtures that take a fixture, themselves or by others."""
        fixtures = self.program.fixtures
        users: dict[FunctionInfo, list[FunctionInfo]] = defaultdict(list)
        for function in self.program.functions:
            if fixtures.is_test(function) or fixtures.is_fixture(function):
                for fixture in fixtures.taken(function):
                    users[fixture].append(function)
        return users


def is_repeated(function: FunctionInfo, call: ast.AST) -> bool:
    """Whether a loop of a function may run a call, or read an expression, more than once."""
    return bool(_loops(function, call))


def _first_line(function: FunctionInfo, call: ast.Call) -> int:
    """The line from which on a function may run behind a call: that of a loop that comes to it once more."""
    return min([call.lineno, *(getattr(loop, "lineno", 0) for loop in _loops(function, call))])


def _loops(function: FunctionInfo, call: ast.AST) -> list[ast.AST]:
    """What may run a call more than once."""
    found: list[ast.AST] = []
    node: ast.AST | None = call
    while node is not None and node is not function.node:
        node = function.source.parent(node)
        if isinstance(node, LOOPS) or getattr(node, "generators", None):
            assert node is not None
            found.append(node)
    return found
