"""Where the mock in an expression of a test is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.mock_calls import arguments, results, set_values
from asyncify.analysis.mock_stands import Kind, TestMocks, owner_of, owners_of
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo


@dataclass(frozen=True)
class Origin:
    """A call that makes a mock. text: how to say the mock itself, where the call is a `patch` whose mock gives it."""

    call: ast.Call
    text: str = ""


class Origins:
    """Follows names, attributes of test classes, fixtures and helpers back to calls of `MagicMock` and of `patch`."""

    def __init__(self, program: Program, mocks: TestMocks) -> None:
        self._program = program
        self.mocks = mocks
        self._assigned: dict[tuple[object, str], list[ast.expr]] = {}
        self._handed: dict[tuple[object, str], list[ast.expr]] = {}
        for path in mocks.files:
            for node in program.modules[path].source.nodes_of(ast.Assign):
                for target, value in set_values(node):
                    for key in {self._key(target), *((o, last_name(target)) for o in owners_of(program, target))}:
                        self._assigned.setdefault(key, []).append(value)
            for call in program.modules[path].source.nodes_of(ast.Call):
                for function, parameter, value in arguments(program, call):
                    if mocks.stand(program.scope_of(value), value):
                        self._handed.setdefault((function.outermost, parameter.arg), []).append(value)

    def of(self, node: ast.expr) -> frozenset[Origin]:
        """The calls that make the mock: of a class of mocks, or of a `patch` whose mock gives it when it is called."""
        return frozenset(self._follow(node, self._program.scope_of(node), set()))

    def _key(self, target: ast.expr) -> tuple[object, str]:
        scope = self._program.scope_of(target)
        owner = owner_of(scope, target)
        if owner is not None and isinstance(target, ast.Attribute):
            return owner, target.attr
        return scope, ast.unparse(target)

    def _follow(self, node: ast.expr, scope: object, seen: set[object]) -> Iterator[Origin]:
        if node in seen:
            return
        seen.add(node)
        if isinstance(node, ast.Call):
            if node in self.mocks.sites:
                yield Origin(node)
            else:
                for function in self._program.calls(node):
                    yield from self._results(function.info, seen)
            return
        given = self._assigned.get(self._key(node), [])
        owner = owner_of(scope, node)
        if owner is not None and isinstance(node, ast.Attribute):
            for base in self.mocks.bases.get(owner, ()):
                given = given or self._assigned.get((base, node.attr), [])
        for value in given:
            yield from self._follow(value, self._program.scope_of(value), seen)
        if given:
            return
        for where, value in self.mocks.handed(node) if isinstance(node, ast.Attribute) else ():
            yield from self._follow(value, where, seen)
        yield from self._patched(node, scope)
        if isinstance(node, ast.Name):
            fixture = self._program.fixtures.find(scope, node.id) if isinstance(scope, FunctionInfo) else None
            handed = self._handed.get((scope, node.id), [])
            default = scope.default_of(node.id) if isinstance(scope, FunctionInfo) else None
            if isinstance(default, ast.Call):
                yield from self._follow(default, scope, seen)
            if fixture is not None and fixture is not scope:
                yield from self._results(fixture, seen)
            elif handed:
                for value in handed:
                    yield from self._follow(value, self._program.scope_of(value), seen)
            elif scope is not None:
                for value in self._assigned.get((None, node.id), []):
                    yield from self._follow(value, None, seen)

    def _patched(self, node: ast.expr, scope: object) -> Iterator[Origin]:
        """`factory.return_value` and `factory.return_value.__enter__.return_value` of a patched factory; the mock of a
        patch itself that is lent as a session."""
        made = node
        while isinstance(made, ast.Attribute) and made.attr in ("return_value", "__enter__", "__aenter__"):
            made = made.value
        for call, name in self.mocks.given.items():
            path, stand = self.mocks.patches[call]
            if isinstance(made, ast.Name) and name == made.id and (made is not node or stand.kind is Kind.SESSION):
                if scope_of_patch(self._program, path, call) is scope:
                    yield Origin(call, ast.unparse(node))

    def _results(self, function: FunctionInfo, seen: set[object]) -> Iterator[Origin]:
        for value in results(function.node):
            yield from self._follow(value, self._program.scope_of(value), seen)


def scope_of_patch(program: Program, path: str, call: ast.Call) -> FunctionInfo | None:
    """The function that a `@patch(...)` decorates or in which it is called."""
    parent = program.modules[path].source.parent(call)
    if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return program.modules[path].functions[parent]
    return program.scope_of(call)


def is_mocked(program: Program, path: str, node: ast.expr) -> bool:
    """Whether an expression of a file is the mock of a session, whatever annotations say."""
    mocks = program.mock_origins.mocks
    if path not in mocks.files:
        return False
    stand = mocks.stand(program.scope_of(node), node)
    return stand is not None and stand.kind is Kind.SESSION and bool(program.mock_origins.of(node))
