"""Relationships that a refresh of another instance empties.

`session.refresh(line)` loads what the mapping loads along, `lazy="joined"` and its like, and the rows of these replace
what the session has of them: what was loaded of their other relationships is gone. A sync session loads it again.
Source: SQLAlchemy "Populate Existing", `Session.refresh`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import objects
from asyncify.transforms.eager.circles import outlives
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reader, Reading, Steps


class Emptied:
    """Answers for what is read in a function behind such a refresh, or behind a call that runs one."""

    def __init__(self, reading: Reading, reach: Reach, created: Created) -> None:
        self.program = reading.program
        self._reading = reading
        self._reach = reach
        self._created = created
        self._known: dict[FunctionInfo, list[tuple[int, frozenset[ClassInfo]]]] = {}

    def is_emptied(self, site: ast.AST, info: ClassInfo, steps: Steps, reader: Reader) -> bool:
        """Whether what a place loads for a path may be gone when a reader comes to it."""
        if self._is_let_go(site, info, steps):
            return True
        function = self.program.function_of(reader.node)
        if function is None or not self._refreshing:
            return False
        first = getattr(site, "lineno", 0) if self.program.function_of(site) is function else 0
        last = getattr(reader.node, "lineno", 0)
        reached = {c for line, classes in self._emptying(function) if first < line < last for c in classes}
        owners = [self.program.orm.end_of(info, steps[:number]) for number in range(len(steps))]
        return any(
            owner in reached and is_lazy(self.program, owner, name)
            for owner, name in zip(owners, steps, strict=True)
            if owner is not None
        )

    def _is_let_go(self, site: ast.AST, info: ClassInfo, steps: Steps) -> bool:
        """Whether a path goes back to an owner that nobody holds any more, and the mapping leaves it to that: it loads
        no object of a class that is on the way already. Source: `orm/strategies.py`, `contains_mapper`."""
        owner = self.program.orm.end_of(info, steps[:-1])
        mapped = owner is not None and not is_lazy(self.program, owner, steps[-1])
        return mapped and outlives(self.program, info, steps, self._reading.paths[site])

    def _emptying(self, function: FunctionInfo) -> list[tuple[int, frozenset[ClassInfo]]]:
        """The lines of a function that refresh, or run what does, each with the classes whose instances come along."""
        if function not in self._known:
            found = list(self._refreshing.get(function, ()))
            for node in function.nodes:
                if isinstance(node, ast.Call):
                    ran = {
                        f for target in self.program.calls(node) for f in (target.info, *self._reach.of(target.info))
                    }
                    inside = (r for f in ran & self._refreshing.keys() for r in self._refreshing[f])
                    found += [(node.lineno, classes) for _, classes in inside]
            self._known[function] = found
        return self._known[function]

    @cached_property
    def _refreshing(self) -> dict[FunctionInfo, list[tuple[int, frozenset[ClassInfo]]]]:
        """The functions that refresh what comes with others."""
        found: dict[FunctionInfo, list[tuple[int, frozenset[ClassInfo]]]] = defaultdict(list)
        for refresh in self._created.every():
            function = self.program.function_of(refresh.call)
            found_there = objects(self.program.values(refresh.name))
            classes = {c for o in found_there for c in loaded_along(self.program, o.info)}
            if function is not None and classes:
                found[function].append((refresh.line, frozenset(classes)))
        return found


def is_lazy(program: Program, owner: ClassInfo, name: str) -> bool:
    """Whether a relationship of a class is not loaded with each of its instances by the mapping."""
    relationship = program.orm.relationship(owner, name)
    return relationship is not None and relationship.lazy not in EAGER_SETTINGS


def loaded_along(program: Program, info: ClassInfo) -> set[ClassInfo]:
    """The classes that the mapping of one loads with its instances, and with theirs."""
    found: set[ClassInfo] = set()
    todo = [info]
    while todo:
        for relationship in program.orm.relationships(todo.pop()).values():
            target = relationship.target
            if target is not None and relationship.lazy in EAGER_SETTINGS and target not in found:
                found.add(target)
                todo.append(target)
    return found
