"""What is read of instances, by the names of their attributes."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from asyncify.analysis.expiry.uses import ExpiredRead, How
from asyncify.analysis.routes import Reach, routes
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Obj
from asyncify.transforms.eager.reading import Reader, Reading


class ReadNames:
    """Answers for one program. columns: for each class what somewhere is read of it and is no relationship."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._program = reading.program
        self._reach = Reach(reading.program)
        self.columns: dict[ClassInfo, set[str]] = defaultdict(set)
        for info, name in reading.columns:
            self.columns[info].add(name)
        self._entries = {route.function for route in routes(reading.program)}

    def of(self, value: Obj, read: ExpiredRead | None = None) -> list[str]:
        """All that is read of an instance; of one that is handed to functions of the program, what these may read."""
        inside = self._inside(read) if read is not None else None
        readers = self._reading.read_by
        found = {
            name
            for name in self.columns.get(value.info, ())
            if inside is None or self._is_read(readers.get((value.info, name), (None,)), inside)
        }
        if value.origin is not None:
            above = len(value.origin.steps)
            for steps, noted in self._reading.paths.get(value.origin.site, {}).items():
                functions = [self._program.function_of(reader.node) for reader in noted]
                if len(steps) > above and (inside is None or self._is_read(functions, inside)):
                    found.add(steps[above])
        return sorted(found)

    def below(self, value: Obj, read: ExpiredRead) -> Iterator[tuple[ClassInfo, str]]:
        """What is read further down of what an instance leads to, from there on: `team.captain.posts`, each time the
        class that has the relationship, and its name."""
        origin = value.origin
        inside = self._inside(read)
        for steps, noted in self._reading.paths.get(origin.site, {}).items() if origin is not None else ():
            above = len(origin.steps) if origin is not None else 0
            if len(steps) < above + 2 or (read.attribute and steps[above] != read.attribute):
                continue
            functions = [self._program.function_of(reader.node) for reader in noted if self._is_later(reader, read)]
            if self._is_read(functions, inside) if inside is not None else functions:
                owner = self._program.orm.end_of(value.info, steps[above:-1])
                yield from [(owner, steps[-1])] if owner is not None else []

    def _is_later(self, reader: Reader, read: ExpiredRead) -> bool:
        """Whether something reads in the function of a read, there or further down; or in another one."""
        here = self._program.function_of(reader.node) is read.function
        return not here or getattr(reader.node, "lineno", 0) >= read.node.lineno

    def _inside(self, read: ExpiredRead) -> frozenset[FunctionInfo] | None:
        """All that the functions may run which are given an instance; None where it goes elsewhere."""
        if read.how is not How.HANDED:
            return None
        holder = read.function.source.parent(read.node)
        call = read.function.source.parent(holder) if isinstance(holder, ast.keyword) else holder
        called = self._program.calls(call) if isinstance(call, ast.Call) and call.func is not read.node else ()
        return frozenset().union(*(self._reach.of(one.info) for one in called)) if called else None

    def _is_read(self, functions: Iterable[FunctionInfo | None], inside: frozenset[FunctionInfo]) -> bool:
        """Whether one of the functions that read may run there: what Python and libraries call by themselves, such as a
        property or a listener, runs where it is not seen."""
        return any(f is None or f.outermost in inside or f in inside or self._is_called(f) for f in functions)

    def _is_called(self, function: FunctionInfo) -> bool:
        model = function.cls is not None and self._program.orm.is_model(function.cls)
        entered = function in self._entries or self._program.fixtures.is_fixture(function)
        return model or function.name.startswith("__") or (bool(function.node.decorator_list) and not entered)
