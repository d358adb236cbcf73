"""The fixpoint: cells that bodies read and write, and a queue of bodies to walk again.

A unit is a body together with the class of `self` that it is walked for, so that an inherited method of a
generic base is understood once for each concrete class.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncify.analysis.classes import Classes
from asyncify.analysis.fixtures import Fixtures
from asyncify.analysis.infer.schedule import Schedule, Unit
from asyncify.analysis.infer.widening import Widening
from asyncify.analysis.lazy_names import ASKED
from asyncify.analysis.names import Names
from asyncify.analysis.object_factories import ObjectFactories
from asyncify.analysis.orm import Orm
from asyncify.analysis.query_properties import QueryProperties
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import INSTANCES, NOTHING, WIDTH, Ext, Fn, Mod, Obj, Origin, Value, Values

Key = tuple[object, ...]

#: a unit is not walked more often than this; joins are monotone, so this only guards against a mistake
ROUNDS = 60


@dataclass(frozen=True)
class Read:
    """A relationship read from an instance: `origin` is how the instance came to be, `name` what was read.

    Without an origin it is one that no attribute in the code names: of `attrgetter`, of a pattern.
    """

    origin: Origin | None
    owner: ClassInfo
    name: str
    node: ast.AST
    path: str


@dataclass
class Record:
    """What one walk of one unit saw."""

    values: dict[ast.AST, Values] = field(default_factory=dict)
    calls: dict[ast.AST, set[Fn]] = field(default_factory=dict)
    handed: dict[ast.AST, set[Fn]] = field(default_factory=dict)
    lambdas: dict[ast.AST, set[ast.Lambda]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    nameless: set[tuple[ClassInfo, ast.AST]] = field(default_factory=set)


@dataclass
class Facts:
    """What all walks saw, joined.

    values: the kinds of an expression. calls: the program functions that a call (or a property read, or a with
    item) runs. handed: the functions of the program that an expression hands over to a library. lambdas: the lambdas
    that a call runs. nameless: calls of `getattr` with a name that nobody knows, on an instance of a class.
    held: what the attributes of instances of a class hold.
    """

    values: dict[ast.AST, Values] = field(default_factory=dict)
    calls: dict[ast.AST, set[Fn]] = field(default_factory=dict)
    handed: dict[ast.AST, set[Fn]] = field(default_factory=dict)
    lambdas: dict[ast.AST, set[ast.Lambda]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    nameless: set[tuple[ClassInfo, ast.AST]] = field(default_factory=set)
    held: dict[tuple[ClassInfo, str], Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Language:
    """Who walks what: a handler for each kind of expression, and one for annotations.

    The engine is told, so that those who meet an expression inside what they walk need not import each other.
    """

    expressions: Mapping[type[ast.expr], Callable[[Any, Any], Values]]
    annotated: Callable[[Any, ast.expr | None, int], Values]


def _is_loaded(value: Value) -> bool:
    """Whether a value is an instance of which it is known where it was loaded or made."""
    return isinstance(value, Obj) and value.origin is not None


def _without_origins(values: Values) -> Values:
    """The same values with instances that may come from anywhere."""
    return frozenset(Obj(v.info) if isinstance(v, Obj) else v for v in values)


class Engine:
    """The cells of one inference over a program, and the units that are to be walked."""

    def __init__(self, names: Names, classes: Classes, orm: Orm, fixtures: Fixtures, language: Language) -> None:
        self.language = language
        self.names = names
        self.classes = classes
        self.orm = orm
        self.fixtures = fixtures
        self.factories = ObjectFactories(names, classes)
        self.query_properties = QueryProperties(names, classes)
        self.modules = names.modules
        self._cells: dict[Key, Values] = {}
        self._widening = Widening()
        self._crowded: set[Key] = set()  # the cells with so many instances that none is told from the others
        self._readers: dict[Key, set[Unit]] = defaultdict(set)
        self._schedule = Schedule(names)
        self._walks: dict[Unit, int] = defaultdict(int)
        self.walked: set[Unit] = set()
        self._instantiated: set[ClassInfo] = set()
        self._unbound: dict[tuple[str, str], Values] = {}
        # what depends on names and classes alone is found once
        self.library_instances: dict[ClassInfo, Values] = {}
        self.methods: dict[tuple[ClassInfo, str, bool], tuple[Values, FunctionInfo | None]] = {}
        self.type_arguments: dict[tuple[ClassInfo, str], list[tuple[ast.expr, str]]] = {}
        self.decorators: dict[FunctionInfo, list[str]] = {}
        self.settled: dict[ast.AST, frozenset[str]] = {}
        #: the type variables that are being filled in now, each for a class
        self.filling: set[tuple[ClassInfo | None, str]] = set()
        #: callables of libraries that were said to give sessions
        self.session_makers: frozenset[str] = frozenset()

    # -- cells ---------------------------------------------------------------------------------------

    def read(self, key: Key, unit: Unit) -> Values:
        """The values of a cell; the unit is walked again when they grow."""
        self._readers[key].add(unit)
        return self._cells.get(key, NOTHING)

    def write(self, key: Key, values: Values) -> bool:
        """Join values into a cell; whether that was news."""
        old = self._cells.get(key, NOTHING)
        if key in self._crowded:
            values = _without_origins(values)
        if values <= old:
            return False
        if len(old) > WIDTH and sum(not _is_loaded(v) for v in old) > WIDTH:
            values = frozenset(filter(_is_loaded, values))
        values = self._widening.cut(values)
        if values <= old:
            return False
        new = old | values
        if sum(map(_is_loaded, new)) > INSTANCES:
            self._crowded.add(key)
            new = _without_origins(new)
        self._cells[key] = new
        for unit in self._readers[key]:
            self.enqueue(unit)
        return True

    def attributes(self) -> dict[tuple[ClassInfo, str], Values]:
        """What was seen to be in the attributes of the classes of the program."""
        cells = ((key[1], key[2], values) for key, values in self._cells.items() if key[0] == "attr")
        return {(info, str(name)): values for info, name, values in cells if isinstance(info, ClassInfo)}

    def enqueue(self, unit: Unit) -> None:
        """Have a unit walked (again)."""
        if self._walks[unit] < ROUNDS:
            self._schedule.add(unit)

    def queued(self) -> Iterator[Unit]:
        """The units to walk, until there are none. Their order is fixed, and so is what a cell that is full has not
        taken."""
        while (unit := self._schedule.take()) is not None:
            self._walks[unit] += 1
            yield unit

    def first_instance(self, info: ClassInfo) -> bool:
        """Whether no instance of a class was made before this one."""
        if info in self._instantiated:
            return False
        self._instantiated.add(info)
        return True

    def global_values(self, path: str, name: str, unit: Unit) -> Values:
        """The values of a top-level name of a module."""
        module = self.modules.get(path)
        if module is not None and name in module.bound:
            return self.read(("global", path, name), unit)
        if module is not None and (module.stars or ASKED in module.top):
            return self._global(path, name, unit, set())
        found = self._unbound.get((path, name))
        if found is None:
            found = self._unbound[path, name] = self._global(path, name, unit, set())
        return found

    def _global(self, path: str, name: str, unit: Unit, seen: set[str]) -> Values:
        module = self.modules.get(path)
        if module is None:
            child = self.names.index.child(path, name)
            return frozenset({Mod(child)}) if child else NOTHING
        if name in module.bound:
            return self.read(("global", path, name), unit)
        if path in seen:
            return NOTHING
        seen.add(path)
        for star in module.stars:
            base = self.names.imported(path, star, ast.alias(name="*"))
            source = getattr(base, "path", None)
            if source is not None:
                found = self._global(source, name, unit, seen)
                if found:
                    return found
        for source in self.names.lazy(path, name):
            found = self._global(source.path, source.name, unit, seen)
            if found:
                return found
        resolved = self.names.resolve(path, name)
        if isinstance(resolved, (Ext, Mod)):
            return frozenset({resolved})
        return NOTHING
