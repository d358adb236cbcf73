"""In which order bodies are walked: as few times as possible, and the same each time.

What a function gives goes up to its callers, which mostly stand in modules that import its own; what it is given comes
down from them. So the walks go up through the modules in the order of their imports, then down again, and so on until
nothing is left to walk.
"""

from __future__ import annotations

import ast
from bisect import bisect, insort
from collections.abc import Iterator

from asyncify.analysis.names import Imported, Names
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Mod

#: a body, and the class of `self` that it is walked for
Unit = tuple[FunctionInfo | ModuleInfo, ClassInfo | None]
Place = tuple[int, ...]


class Schedule:
    """The units that wait to be walked."""

    def __init__(self, names: Names) -> None:
        self._rank = {path: rank for rank, path in enumerate(in_import_order(names))}
        self._waiting: list[tuple[Place, Unit]] = []
        self._queued: set[Unit] = set()
        self._places: dict[Unit, Place] = {}
        self._at: Place = ()
        self._upwards = True

    def add(self, unit: Unit) -> None:
        """Have a unit walked; once, however often it is asked for."""
        if unit not in self._queued:
            self._queued.add(unit)
            insort(self._waiting, (self._place(unit), unit), key=_first)

    def take(self) -> Unit | None:
        """The next unit in the direction of the walk; None where all is done."""
        if not self._waiting:
            return None
        index = bisect(self._waiting, self._at, key=_first)  # the first behind where the walk is
        if self._upwards and index == len(self._waiting):
            self._upwards = False
        elif not self._upwards and index == 0:
            self._upwards = True
        place, unit = self._waiting.pop(index if self._upwards else index - 1)
        self._at = place
        self._queued.discard(unit)
        return unit

    def _place(self, unit: Unit) -> Place:
        found = self._places.get(unit)
        if found is None:
            body, receiver = unit
            found = self._where(body)
            if receiver is not None:
                here = self._where(receiver)
                found = (max(found[0], here[0]), *found[1:], *here)
            self._places[unit] = found
        return found

    def _where(self, what: FunctionInfo | ModuleInfo | ClassInfo) -> Place:
        if isinstance(what, ModuleInfo):
            return (self._rank[what.path], 0)
        return (self._rank[what.path], what.node.lineno, what.node.col_offset)


def _first(entry: tuple[Place, Unit]) -> Place:
    return entry[0]


def in_import_order(names: Names) -> Iterator[str]:
    """The modules of a program, each behind those that it imports, as far as imports do not go round."""
    seen: set[str] = set()
    for start in sorted(names.modules):
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in seen:
            seen.add(start)
            stack.append((start, _imported(names, start)))
        while stack:
            path, imported = stack[-1]
            following = next((p for p in imported if p not in seen), None)
            if following is None:
                stack.pop()
                yield path
            else:
                seen.add(following)
                stack.append((following, _imported(names, following)))


def _imported(names: Names, path: str) -> Iterator[str]:
    """The modules that a module imports something from."""
    statements: dict[ast.Import | ast.ImportFrom, None] = {}
    for found in names.modules[path].imports.values():
        statements.update(dict.fromkeys(found))
    for statement in statements:
        for alias in statement.names:
            target = names.imported(path, statement, alias)
            if isinstance(target, (Imported, Mod)) and target.path in names.modules:
                yield target.path
