"""What tests put mocks in the place of."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache, cached_property

from asyncify.analysis.mock_calls import results
from asyncify.analysis.mock_origins import is_mocked
from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Fn, has, objects
from asyncify.knowledge import names
from asyncify.transforms.eager.reading import Reader, Reading

SESSIONS = (names.SESSION, names.ASYNC_SESSION, names.SESSIONMAKER, names.ASYNC_SESSIONMAKER, names.SCOPED_SESSION)

#: calls that replace something. Source: `unittest.mock`, pytest `monkeypatch`, pytest-mock.
PATCHES = frozenset({"patch", "object", "setattr", "spy"})


def leave_out_mocked(program: Program, reading: Reading) -> None:
    """Forget what tests read that work on no session but mocks: nothing is loaded there, nor was before."""
    alone = _Alone(program)
    for site, readers in list(reading.paths.items()):
        kept = {steps: left for steps, found in readers.items() if (left := [r for r in found if not alone.is_in(r)])}
        if kept:
            reading.paths[site] = kept
        else:
            del reading.paths[site]
    reading.unknown[:] = [one for one in reading.unknown if not alone.is_in(one[2])]


class _Alone:
    """Knows the tests that work on no session: neither their file has one, nor their fixtures or base classes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._is_alone = cache(self._of)
        self._in_file = cache(self._of_file)

    def is_in(self, reader: Reader) -> bool:
        """Whether a reader stands in such a test."""
        function = self.program.scope_of(reader.node)
        return function is not None and self.program.fixtures.is_test(function) and self._is_alone(function)

    def _of(self, test: FunctionInfo) -> bool:
        above = self.program.classes.program_ancestors(test.cls) if test.cls is not None else ()
        around = [*self.program.fixtures.taken(test), *(m for info in above for m in info.methods.values())]
        return not self._in_file(test.path) and not any(self._opens(f.path, f.nodes) for f in around)

    def _of_file(self, path: str) -> bool:
        return self._opens(path, self.program.modules[path].source.nodes)

    def _opens(self, path: str, nodes: Iterable[ast.AST]) -> bool:
        return any(
            isinstance(node, ast.expr)
            and has(self.program.values(node), *SESSIONS)
            and not is_mocked(self.program, path, node)
            for node in nodes
        )


class Doubles:
    """Knows the names that tests replace.

    A load beside a reader would meet the double of an instance there; a load inside the replaced function is replaced
    with it.
    """

    def __init__(self, program: Program, reach: Reach) -> None:
        self.program = program
        self.reach = reach

    @cached_property
    def names(self) -> frozenset[str]:
        """The last part of the name of everything that is patched or overridden, and of the classes of which an
        override gives no instances where the dependency did."""
        found: set[str] = set()
        for path in sorted(self.program.modules):
            source = self.program.modules[path].source
            for key, value in override_entries(source):
                found.add(getattr(key, "id", getattr(key, "attr", "")))
                found |= self._given(key) - self._given(value)
            for node in source.nodes:
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    for argument in node.args[:2] if name in PATCHES else ():
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                            found.add(argument.value.rpartition(".")[2])
        return frozenset(found - {""})

    def _given(self, dependency: ast.expr) -> set[str]:
        """The names of the classes of which a dependency, or a lambda, gives instances."""
        functions = (v.info.node for v in self.program.values(dependency) if isinstance(v, Fn))
        given = [dependency.body] if isinstance(dependency, ast.Lambda) else [e for f in functions for e in results(f)]
        return {value.info.name for one in given for value in objects(self.program.values(one))}

    def between(self, reader: FunctionInfo | None, loader: FunctionInfo | None) -> bool:
        """Whether one of the functions through which a reader gets its instances is replaced in a test."""
        if reader is None or loader is None:
            return False
        way = (f for f in self.reach.of(reader) if f is not reader and loader in self.reach.of(f))
        return any(f.name in self.names or (f.cls is not None and f.cls.name in self.names) for f in way)
