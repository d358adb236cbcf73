"""Methods that give back their `self`: what others read from it then is read by them, and not by the method."""

from __future__ import annotations

import ast

from asyncify.analysis.expiry.afterwards import Afterwards
from asyncify.analysis.expiry.events import spawns
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import is_session
from asyncify.transforms.eager.reading import Reader

#: functions that keep nothing of what they are given. Source: Python, "Built-in Functions"
ASKING = frozenset({"setattr", "getattr", "hasattr", "isinstance", "type", "id", "print", "repr", "str", "super"})


class GivenBack:
    """Tells who reads, for a call that runs a method, what a reader reads from the `self` of that method."""

    def __init__(self, program: Program, reach: Reach) -> None:
        self.program = program
        self._reach = reach
        self._afterwards = Afterwards(program, reach)
        self._functions: dict[ast.AST, FunctionInfo] = {function.node: function for function in program.functions}
        self._keeps: dict[FunctionInfo, bool] = {}

    def reader(self, method: ast.AST, call: Reader, reader: Reader) -> Reader | None:
        """The call itself for what the method or something that it runs reads; else the reader, where it may read the
        instance on which the call has run the method. None where it cannot."""
        function, here = self.program.function_of(reader.node), self.program.function_of(call.node)
        if function is None or function in self._reach.of(self._functions[method]):
            return call
        if self._does_keep(self._functions[method]):
            return call
        if self._is_dropped(call.node):
            return None
        behind = here is None or here in self._reach.of(function) or self._is_behind(call.node, reader.node)
        return reader if behind else None

    def _is_behind(self, call: ast.AST, reader: ast.AST) -> bool:
        return not isinstance(call, ast.Call) or self._afterwards.leads(call, reader)

    def _is_dropped(self, call: ast.AST) -> bool:
        function = self.program.function_of(call)
        if function is None or not isinstance(call, ast.Call):
            return False
        outer = function.source.parent(call)
        outer = function.source.parent(outer) if isinstance(outer, ast.Await) else outer
        return isinstance(outer, ast.Expr)

    def _does_keep(self, method: FunctionInfo) -> bool:
        if method not in self._keeps:
            self._keeps[method] = self._find_keeps(method)
        return self._keeps[method]

    def _find_keeps(self, method: FunctionInfo) -> bool:
        """Whether a method may put its `self` where others find it, other than by returning it."""
        first = method.parameters[0].arg if method.parameters else ""
        uses = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == first]
        own = {n for n in method.nodes if isinstance(n, ast.Name)}
        return any(use not in own or not self._is_passing(method, use) for use in uses)

    def _is_passing(self, method: FunctionInfo, use: ast.Name) -> bool:
        outer = method.source.parent(use)
        while isinstance(outer, (ast.BoolOp, ast.IfExp, ast.Await)):
            outer = method.source.parent(outer)
        if isinstance(outer, ast.Call) and outer.func is not use:
            if isinstance(outer.func, ast.Attribute):
                return is_session(self.program.values(outer.func.value))
            asks = outer.args[0] if outer.args and spawns(self.program, outer) else outer.func
            return isinstance(asks, ast.Name) and asks.id in ASKING
        return isinstance(outer, (ast.Attribute, ast.Return, ast.Compare))
