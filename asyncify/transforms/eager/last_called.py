"""Which of several functions that refresh an instance has run last when something reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo

#: of a place in a file: its line and column
Position = tuple[int, int]


class LastCalled:
    """One for each program, which is asked for the same again and again."""

    def __init__(self, program: Program, reach: Reach) -> None:
        #: the calls of a function, each with the functions that it runs
        self.calls = cache(lambda function: _calls_of(program, reach, function))

    def between(self, here: FunctionInfo, line: int, node: ast.AST) -> Iterator[frozenset[FunctionInfo]]:
        """What each call of a function runs that begins below a line and has ended before a node."""
        start = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        return (ran for call, ran in self.calls(here) if line < call.lineno and _end(call) <= start)

    def position(self, here: FunctionInfo, node: ast.AST, there: FunctionInfo | None, place: ast.AST) -> Position:
        """Where a function, before a node of it, comes to a place of another function for the last time in every run:
        the end of the call that runs it, as what stands inside of a call runs before. (0, 0) where it may not come
        there."""
        if there is here:
            return getattr(place, "end_lineno", 0), getattr(place, "end_col_offset", 0)
        before = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        ends = (_end(call) for call, ran in self.calls(here) if there in ran and _is_around(here, call, node))
        return max((end for end in ends if end <= before or end[0] == before[0]), default=(0, 0))


def _calls_of(
    program: Program, reach: Reach, function: FunctionInfo
) -> list[tuple[ast.Call, frozenset[FunctionInfo]]]:
    calls = (node for node in function.nodes if isinstance(node, ast.Call))
    found = ((call, called.info) for call in calls for called in program.calls(call))
    return [(call, frozenset((info, *reach.of(info)))) for call, info in found]


def _end(call: ast.Call) -> Position:
    return call.end_lineno or 0, call.end_col_offset or 0


def _is_around(function: FunctionInfo, call: ast.Call, node: ast.AST) -> bool:
    """Whether the block in which a call stands is one around a node."""
    block = function.source.parent(function.source.statement(call))
    current: ast.AST | None = node
    while current is not None and current is not block:
        current = function.source.parent(current)
    return current is not None
