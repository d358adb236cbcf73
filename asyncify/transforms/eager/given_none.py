"""Whether a name may stand for None: what gives it something else is known, everything else may give None."""

from __future__ import annotations

import ast
from functools import cache

from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.transforms.eager.session_calls import is_construction


class GivenNone:
    """Answers for the names of functions."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._asked: set[FunctionInfo] = set()
        self.returns = cache(self._returns)

    def may_be(self, function: FunctionInfo, name: str) -> bool:
        """Whether a name is given None somewhere: at first, on one way, as the default of a parameter, by a call."""
        given = [getattr(function.source.statement(t), "value", None) for t in bindings(function, name)]
        given += [function.default_of(p.arg) for p in function.parameters if p.arg == name]
        return any(self._gives(function, value) for value in given if value is not None)

    def _gives(self, function: FunctionInfo, value: ast.expr) -> bool:
        if isinstance(value, ast.Await):
            return self._gives(function, value.value)
        if isinstance(value, ast.IfExp):
            return self._gives(function, value.body) or self._gives(function, value.orelse)
        if isinstance(value, ast.BoolOp):  # the first of `and` that is nothing, which need not be an instance at all
            return isinstance(value.op, ast.And) or self._gives(function, value.values[-1])
        if isinstance(value, ast.Constant):
            return value.value is None
        if not isinstance(value, ast.Call) or is_construction(self._program, value):
            return False
        called = self._program.calls(value)
        return not called or any(self.returns(target.info) for target in called)

    def _returns(self, info: FunctionInfo) -> bool:
        if info in self._asked:  # what calls itself gives what its other ways give
            return False
        self._asked.add(info)
        returned = [node.value for node in info.nodes if isinstance(node, ast.Return)]
        found = not _never_ends(info.node.body) or any(
            value is None
            or self._gives(info, value)
            or (isinstance(value, ast.Name) and self.may_be(info, value.id))
            for value in returned
        )
        self._asked.discard(info)
        return found


def _never_ends(body: list[ast.stmt]) -> bool:
    """Whether the end of a block cannot be reached, as far as its last statement shows."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _never_ends(last.body) and _never_ends(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _never_ends(last.body)
    if isinstance(last, ast.Try):
        ways = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return all(map(_never_ends, ways)) or (bool(last.finalbody) and _never_ends(last.finalbody))
    if isinstance(last, ast.Match):
        return all(_never_ends(case.body) for case in last.cases)
    return isinstance(last, (ast.Return, ast.Raise, ast.While))


def bindings(function: FunctionInfo, name: str) -> list[ast.AST]:
    """What gives a name of a function something."""
    return [
        target
        for node in function.nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if is_path(target) and path_text(target) == name
    ]
