"""What tests hand to the instances of the app that they make: `service.db`, where a fixture gives `Service(db)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_calls import arguments, handed_back, results
from asyncify.analysis.mock_stands import owner_of
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Obj

#: a scope, and an expression in it
Given = tuple[object, ast.expr]


class Holders:
    """Follows attributes of instances back to the calls in tests that make these."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[ast.Attribute, tuple[Given, ...]] = {}

    def handed(self, node: ast.Attribute) -> tuple[Given, ...]:
        """What the attribute of an instance was made with: the arguments that `__init__` keeps there."""
        if node not in self._known:
            app = [v for v in self._program.values(node.value) if isinstance(v, Obj) and not is_test(v.info.path)]
            made = self._made(node.value, set()) if app else ()
            self._known[node] = tuple(
                (self._program.scope_of(value), self._within(value))
                for call in made
                for function, parameter, value in arguments(self._program, call)
                if self._keeps(function, parameter.arg, node.attr)
            )
        return self._known[node]

    def _within(self, value: ast.expr) -> ast.expr:
        """The mock that a function is given and hands back."""
        while isinstance(value, ast.Call):
            back = [v for function in self._program.calls(value) for v in handed_back(function.info, value)]
            if not back:
                break
            value = back[0]
        return value

    def _made(self, node: ast.expr, seen: set[ast.expr]) -> Iterator[ast.Call]:
        """The constructor calls that an expression of a test may come from."""
        if node in seen:
            return
        seen.add(node)
        scope = self._program.scope_of(node)
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            for function in self._program.calls(node):
                if function.info.name == "__init__":
                    yield node
                else:
                    given += results(function.info.node) if is_test(function.info.path) else ()
        elif isinstance(node, ast.Name) and isinstance(scope, FunctionInfo):
            fixture = self._program.fixtures.find(scope, node.id)
            if fixture is not None and fixture is not scope:
                given += results(fixture.node)
            given += [v for inner in scope.nodes if (v := assigned_value(inner, node.id)) is not None]
        for value in given:
            yield from self._made(value, seen)

    def _keeps(self, function: FunctionInfo, parameter: str, attribute: str) -> bool:
        """Whether `__init__`, or one above that it calls, sets an attribute to a parameter."""
        if function.name != "__init__" or not function.parameters:
            return False
        for node in function.nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and _is(node.value, parameter):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(owner_of(function, t) and last_name(t) == attribute for t in targets):
                    return True
            elif isinstance(node, ast.Call):
                for above, taken, given in arguments(self._program, node):
                    if above is not function and _is(given, parameter) and self._keeps(above, taken.arg, attribute):
                        return True
        return False


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
