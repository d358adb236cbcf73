"""What a program writes on the way from one of its places to another: from a statement that loads to one that reads.

A commit ends what was written before: it expires the instances, so that they are loaded again.
Source: SQLAlchemy, "Session Basics", "Flushing", "Committing".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.expiry.changes import Change, Changes
from asyncify.analysis.expiry.flow import LOOPS
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import is_session

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
class Effect:
    """What some code makes of what had been written before it.

    keeps: whether there is a way through it that leaves that as it was; sends: one that sends it to the database.
    adds: what it writes itself.
    """

    keeps: bool = False
    sends: bool = False
    adds: Written = Written()

    def of(self, written: Written) -> Written:
        """What is written in the end."""
        found = self.adds | written if self.keeps else self.adds
        return found | Written(written.sent | written.waiting) if self.sends else found

    def then(self, step: Step) -> Effect:
        """With one more step."""
        if step.commits:
            return Effect()
        adds = self.adds.then(step)
        return Effect(False, self.keeps or self.sends, adds) if step.flushes else Effect(self.keeps, self.sends, adds)

    def before(self, other: Effect) -> Effect:
        """This code, then some other."""
        sends = (self.keeps and other.sends) or (self.sends and (other.keeps or other.sends))
        return Effect(self.keeps and other.keeps, sends, other.of(self.adds))

    def __or__(self, other: Effect) -> Effect:
        return Effect(self.keeps or other.keeps, self.sends or other.sends, self.adds | other.adds)


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
        self._segment = cache(self._find_segment)
        self._entering = cache(self._find_entering)

    def between(self, place: ast.AST, node: ast.AST) -> Written:
        """What may be written after one place and before another one is evaluated."""
        here, there = self.program.function_of(place), self.program.function_of(node)
        if here is None or there is None:
            return Written()
        onward = self._onward(here, place, there, node)
        # no way that is known, as from a dependency to a route: all that comes before in its function
        return onward if onward is not None else self._segment(there, None, node).adds

    def _onward(self, here: FunctionInfo, place: ast.AST, there: FunctionInfo, node: ast.AST) -> Written | None:
        """To a place of the same function, of one that it calls, or of one that goes on when it has returned."""
        came: dict[tuple[FunctionInfo, ast.AST], list[tuple[FunctionInfo, ast.AST]]] = {(here, place): []}
        todo = [(here, place)]
        arrived: list[tuple[FunctionInfo, ast.AST]] = []
        found = Written()
        while todo:
            function, start = todo.pop()
            if function is there:
                found |= self._segment(function, start, node).adds
                arrived.append((function, start))
            elif there in self._reach.of(function):
                found |= self._down(function, start, there, node)
                arrived.append((function, start))
            else:
                for call, caller in self._callers().get(function, ()):
                    if (caller, call) not in came:
                        todo.append((caller, call))
                    came.setdefault((caller, call), []).append((function, start))
        if not arrived:
            return None
        returned: set[tuple[FunctionInfo, ast.AST]] = set()  # those that are left on a way that arrives
        while arrived:
            for step in came[arrived.pop()]:
                if step not in returned:
                    returned.add(step)
                    arrived.append(step)
        for function, start in returned:
            found |= self._segment(function, start, None).adds
        return found

    def _down(self, here: FunctionInfo, place: ast.AST, there: FunctionInfo, node: ast.AST) -> Written:
        """From a place of a function to a node of one that it calls."""
        entering, found = self._entering(there, node), Written()
        for call, called in self._changes.callees(here):
            if call.lineno >= _line(place) and called in entering:
                found |= self._segment(here, place, call).before(entering[called]).adds
        return found

    def _find_entering(self, there: FunctionInfo, node: ast.AST) -> dict[FunctionInfo, Effect]:
        """For each function that comes to a node of another one, what happens from its beginning to there."""
        found = {there: self._segment(there, None, node)}
        todo = [there]
        while todo:
            called = todo.pop()
            for call, function in self._callers().get(called, ()):
                if function is not there:
                    old = found.get(function, Effect())
                    new = old | self._segment(function, None, call).before(found[called])
                    if new != old or function not in found:
                        found[function] = new
                        todo.append(function)
        return found

    def _find_segment(self, function: FunctionInfo, start: ast.AST | None, end: ast.AST | None) -> Effect:
        """What a function does between two of its nodes, or its beginning and end."""
        first, last = _line(start), _line(end) if end is not None else None
        loop = self._loop_to(function, start, end) if end is not None else None
        effect = Effect(keeps=True)
        for step in self._steps(function):
            between = first < step.line and (last is None or step.line < last)
            if (between and not self._misses(function, step.node, end)) or (loop is not None and _holds(loop, step)):
                effect = effect.then(step)
        return effect

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


def _line(node: ast.AST | None) -> int:
    return getattr(node, "lineno", 0)


def _is_line_of(node: ast.AST, line: int) -> bool:
    return _line(node) <= line <= (getattr(node, "end_lineno", None) or _line(node))


def _holds(loop: ast.AST, step: Step) -> bool:
    return _is_line_of(loop, step.line)
