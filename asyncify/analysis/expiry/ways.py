"""What a program writes on the way from one of its places to another: from a statement that loads to one that reads.

A commit ends what was written before: it expires the instances, so that they are loaded again.
Source: SQLAlchemy, "Session Basics", "Flushing", "Committing".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.expiry.changes import Change, Changes
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import is_session

LOOPS = (ast.For, ast.AsyncFor, ast.While)
BODIES = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Written:
    """What has been written and not committed. waiting: the changes that no flush has sent to the database yet."""

    sent: frozenset[Change] = frozenset()
    waiting: frozenset[Change] = frozenset()

    def then(self, step: Step) -> Written:
        """With what one more step writes."""
        if step.commits:
            return Written()
        behind = frozenset(c for c in step.changes if c.behind)
        waiting = self.waiting | (step.changes - behind)
        sent = self.sent | behind
        return Written(sent | waiting) if step.flushes else Written(sent, waiting)

    def __or__(self, other: Written) -> Written:
        return Written(self.sent | other.sent, self.waiting | other.waiting)


@dataclass(frozen=True)
class Step:
    """A node of a function that writes, itself or by what it calls."""

    node: ast.AST
    line: int
    changes: frozenset[Change]
    commits: bool = False
    flushes: bool = False


class Ways:
    """Follows a program from place to place, through calls and returns. expire: whether a commit does that."""

    def __init__(self, program: Program, reach: Reach, *, expire: bool) -> None:
        self.program = program
        self._reach = reach
        self._changes = Changes(program)
        self._expire = expire
        self._steps = cache(self._find_steps)
        self._calls_session = cache(self._find_calls_session)
        self._callers = cache(self._find_callers)

    def between(self, place: ast.AST, node: ast.AST) -> Written:
        """What may be written after one place and before another one is evaluated."""
        here, there = self.program.function_of(place), self.program.function_of(node)
        if here is None or there is None:
            return Written()
        onward = self._onward(here, place, there, node, frozenset())
        # no way that is known, as from a dependency to a route: all that comes before in its function
        return onward if onward is not None else self._segment(there, None, node, Written())

    def _onward(
        self, here: FunctionInfo, place: ast.AST, there: FunctionInfo, node: ast.AST, seen: frozenset[FunctionInfo]
    ) -> Written | None:
        """To a place of the same function, of one that it calls, or of one that goes on when it has returned."""
        if here is there:
            return self._segment(here, place, node, Written())
        if there in self._reach.of(here):
            return self._down(here, place, there, node, Written(), frozenset())
        rest = self._segment(here, place, None, Written())
        ways = (
            self._onward(caller, call, there, node, seen | {here})
            for call, caller in self._callers().get(here, ())
            if caller not in seen
        )
        found = [way for way in ways if way is not None]
        return _either(found) | rest if found else None

    def _down(
        self,
        here: FunctionInfo,
        place: ast.AST | None,
        there: FunctionInfo,
        node: ast.AST,
        written: Written,
        seen: frozenset[FunctionInfo],
    ) -> Written:
        """From a place of a function, or its beginning, to a node of one that it calls."""
        if here is there:
            return self._segment(here, place, node, written)
        first = _line(place)
        return _either(
            self._down(called, None, there, node, self._segment(here, place, call, written), seen | {here})
            for call, called in self._changes.callees(here)
            if call.lineno >= first and called not in seen and there in self._reach.of(called)
        )

    def _segment(self, function: FunctionInfo, start: ast.AST | None, end: ast.AST | None, written: Written) -> Written:
        """With what a function writes between two of its nodes, or its beginning and end."""
        first, last = _line(start), _line(end) if end is not None else None
        loop = self._loop_to(function, start, end) if end is not None else None
        for step in self._steps(function):
            between = first < step.line and (last is None or step.line < last)
            if (between and not self._misses(function, step.node, end)) or (loop is not None and _holds(loop, step)):
                written = written.then(step)
        return written

    def _find_steps(self, function: FunctionInfo) -> tuple[Step, ...]:
        found = [Step(node, node.lineno, frozenset({change})) for node, change in self._changes.own(function)]
        for call, called in self._changes.callees(function):
            names = {name for one in self._reach.of(called) for name in self._calls_session(one)}
            found.append(self._step(call, self._changes.reached(called), names))
        for name, calls in self._calls_session(function).items():
            found.extend(self._step(call, frozenset(), {name}) for call in calls)
        return tuple(sorted(found, key=lambda step: step.line))

    def _step(self, node: ast.Call, changes: frozenset[Change], names: set[str]) -> Step:
        return Step(node, node.lineno, changes, "commit" in names and self._expire, bool(names))

    def _find_calls_session(self, function: FunctionInfo) -> dict[str, list[ast.Call]]:
        """The calls of `commit` and `flush` in a function."""
        found: dict[str, list[ast.Call]] = defaultdict(list)
        for node in function.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("commit", "flush") and is_session(self.program.values(node.func.value)):
                    found[node.func.attr].append(node)
        return dict(found)

    def _find_callers(self) -> dict[FunctionInfo, list[tuple[ast.Call, FunctionInfo]]]:
        found: dict[FunctionInfo, list[tuple[ast.Call, FunctionInfo]]] = defaultdict(list)
        for function in self.program.functions:
            for call, called in self._changes.callees(function):
                found[called].append((call, function))
        return found

    def _loop_to(self, function: FunctionInfo, start: ast.AST | None, end: ast.AST) -> ast.AST | None:
        """The outermost loop that comes around to an end again without coming through a start."""
        found: ast.AST | None = None
        inner, outer = end, function.source.parent(end)
        while outer is not None and outer is not function.node:
            if isinstance(outer, LOOPS) and inner is not getattr(outer, "iter", None) and inner not in outer.orelse:
                if start is None or not _is_line_of(outer, _line(start)):
                    found = outer
            inner, outer = outer, function.source.parent(outer)
        return found

    def _misses(self, function: FunctionInfo, node: ast.AST, end: ast.AST | None) -> bool:
        """Whether what runs a node never comes to an end further down, or, without one, never returns."""
        source = function.source
        leaving = (ast.Raise,) if end is None else (ast.Raise, ast.Return)
        statement: ast.AST = source.statement(node)
        outer = source.parent(statement)
        while outer is not None and statement is not function.node:
            for body in (getattr(outer, name, None) for name in BODIES):
                if isinstance(body, list) and statement in body:
                    if end is not None and any(_is_line_of(s, _line(end)) for s in body[body.index(statement) :]):
                        return False
                    if isinstance(body[-1], leaving):
                        return True
                    if isinstance(outer, ast.If) and end is not None and _is_line_of(outer, _line(end)):
                        return True  # the other branch
            statement, outer = outer, source.parent(outer)
        return False


def _either(ways: Iterable[Written]) -> Written:
    found = Written()
    for way in ways:
        found |= way
    return found


def _line(node: ast.AST | None) -> int:
    return getattr(node, "lineno", 0)


def _is_line_of(node: ast.AST, line: int) -> bool:
    return _line(node) <= line <= (getattr(node, "end_lineno", None) or _line(node))


def _holds(loop: ast.AST, step: Step) -> bool:
    return _is_line_of(loop, step.line)
