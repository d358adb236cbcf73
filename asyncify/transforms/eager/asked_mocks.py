"""What tests ask mocks of sessions, where the functions that they run are given loads and guards.

A test that asserts `db.refresh.assert_called_once()` needs the refresh that the author wrote. `note in db` asks a mock
for a magic method, which `MagicMock` has and `Mock` has not. Source: `unittest.mock`, "Mocking Magic Methods".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from asyncify.analysis.assignments import assigned_value
from asyncify.analysis.bindings import bring
from asyncify.analysis.dotted import root_of
from asyncify.analysis.mock_calls import results
from asyncify.analysis.mock_stands import Kind
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import made_at, objects
from asyncify.model.edit import Edit
from asyncify.model.ops import Replace
from asyncify.transforms.eager.doubles import Doubles

_METHODS = ("refresh", "get")

#: methods of sessions, queries and results that give one row or a list of them
_ROWS = frozenset("first one one_or_none get get_one scalar scalar_one scalar_one_or_none all".split())


class AskedMocks:
    """Knows which functions run in tests that ask a mock of a session for a method."""

    def __init__(self, program: Program, reach: Reach, doubles: Doubles) -> None:
        self._program = program
        self._reach = reach
        self._doubles = doubles

    def asks(self, node: ast.AST, method: str) -> bool:
        """Whether a test that runs the code around a node asks whether a method of its mock was called, or tells what
        that gives."""
        function = self._program.function_of(node)
        return function is not None and function in self._asked[method]

    @cached_property
    def _asked(self) -> Mapping[str, set[FunctionInfo]]:
        found: dict[str, set[FunctionInfo]] = defaultdict(set)
        mocks = self._program.mock_origins.mocks
        for path in mocks.files:
            source = self._program.modules[path].source
            for node in source.nodes_of(ast.Attribute):
                if node.attr in _METHODS and isinstance(source.parent(node), ast.Attribute):
                    stand = mocks.stand(self._program.scope_of(node), node.value)
                    test = self._program.function_of(node)
                    if test is not None and stand is not None and stand.kind is Kind.SESSION:
                        found[node.attr] |= self._reach.of(test)
        return found

    def may_be_a_double(self, function: FunctionInfo | None, instance: ast.expr) -> bool:
        """Whether an instance of a function may be something that a test has put in the place of a row: the function
        runs in a test that has such doubles, or a test replaces what gives the instance."""
        loaders = (self._program.function_of(site) for site in made_at(objects(self._program.values(instance))))
        replaced = (one for one in loaders if one is not None and one.name in self._doubles.names)
        return function in self._with_rows or any(one is not function for one in replaced)

    @cached_property
    def _with_rows(self) -> set[FunctionInfo]:
        found: set[FunctionInfo] = set()
        for path in self._program.mock_origins.mocks.files:
            for node in self._program.modules[path].source.nodes_of(ast.Assign):
                target, test = node.targets[0], self._program.function_of(node)
                if test is None or not isinstance(target, ast.Attribute) or target.attr != "return_value":
                    continue
                if last_name(target.value) in _ROWS and self._is_a_double(test, node.value):
                    found |= self._reach.of(test)
        makers = set(self._makers_of_rows())
        for test in self._program.functions if makers else ():
            if self._program.fixtures.is_test(test) and makers & {test, *self._program.fixtures.taken(test)}:
                found |= self._reach.of(test)
        return found

    def _makers_of_rows(self) -> Iterator[FunctionInfo]:
        """The tests and fixtures that make the mock of an instance of a model."""
        for call, (_, stand) in self._program.mock_origins.mocks.sites.items():
            maker = self._program.function_of(call)
            if maker is not None and stand.info is not None and stand.kind is Kind.INSTANCE:
                if self._program.orm.is_model(stand.info):
                    yield maker

    def _is_a_double(self, test: FunctionInfo, value: ast.expr) -> bool:
        """Whether a value is made by a call that makes no instance of a model, or is a list that has such a thing."""
        if isinstance(value, (ast.List, ast.Tuple)):
            return any(self._is_a_double(test, element) for element in value.elts)
        fixture = self._program.fixtures.find(test, value.id) if isinstance(value, ast.Name) else None
        where = test if fixture is None else fixture
        made = [value] if fixture is None else list(results(fixture.node))
        named = {one.id for one in made if isinstance(one, ast.Name)}
        given = [one for one in made if not isinstance(one, ast.Name)]
        given += [v for node in where.nodes for name in sorted(named) if (v := assigned_value(node, name)) is not None]
        return any(
            isinstance(one, ast.Call)
            and not any(self._program.orm.is_model(v.info) for v in objects(self._program.values(one)))
            for one in given
        )

    def containers(self, guarded: set[FunctionInfo | None]) -> Iterator[Edit]:
        """`Mock(spec=Session)` to `MagicMock(spec=Session)` in tests, and fixtures, that may run a function which asks
        whether something is `in` the session."""
        for call, (path, stand) in self._program.mock_origins.mocks.sites.items() if guarded else ():
            if stand.kind is not Kind.SESSION or last_name(call.func) != "Mock":
                continue
            maker = self._program.function_of(call)
            used_elsewhere = maker is None or not self._program.fixtures.is_test(maker)
            if used_elsewhere or (maker is not None and guarded & self._reach.of(maker)):
                yield self._edit(path, call.func)

    def _edit(self, path: str, func: ast.expr) -> Edit:
        source, because = self._program.modules[path].source, "the app asks what is in the session"
        if isinstance(func, ast.Attribute):
            op = Replace(f"{source.segment(func.value)}.MagicMock")
            return Edit("eager", path, source.target(func), op, because=because)
        name, imports = bring(self._program, path, "unittest.mock", "MagicMock")
        return Edit("eager", path, source.target(func), Replace(name), imports, (root_of(func),), because=because)
