"""What a mock stands for, and the mocks of a program."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls


class Kind(Enum):
    """The sort of thing that a mock stands for."""

    CLASS = "class"
    INSTANCE = "instance"
    FACTORY = "factory"  # of sessions
    SESSION = "session"
    MODULE = "module"


@dataclass(frozen=True)
class Stand:
    """What a mock stands for. info: the class, for classes and instances. path: the file, for modules."""

    kind: Kind
    info: ClassInfo | None = None
    path: str = ""

    @property
    def made(self) -> Stand | None:
        """What calling it gives."""
        result = {Kind.CLASS: Kind.INSTANCE, Kind.FACTORY: Kind.SESSION}.get(self.kind)
        return Stand(result, self.info) if result else None


@dataclass
class TestMocks:
    """The mocks of a program.

    files: those that may use mocks. sites: calls of `MagicMock` and the like to the file and what they stand for.
    patches: `patch(...)` calls that make the mock of a class themselves; given: the name that each of them gives its
    mock. names: what a name of a function (None: of the module), or an attribute of the instances of a class, stands
    for. bases: of such classes, themselves first. sessions: names of mocks that stand for something else and are given
    as a session as well. member: what the attribute of an instance of a class stands for, where that is an instance.
    handed: what tests made an instance of the app with that it keeps in an attribute, each with its scope.
    """

    __test__ = False

    files: tuple[str, ...] = ()
    sites: dict[ast.Call, tuple[str, Stand]] = field(default_factory=dict)
    patches: dict[ast.Call, tuple[str, Stand]] = field(default_factory=dict)
    names: dict[tuple[object, str], Stand] = field(default_factory=dict)
    given: dict[ast.Call, str] = field(default_factory=dict)
    sessions: set[tuple[object, str]] = field(default_factory=set)
    bases: dict[ClassInfo | None, tuple[object, ...]] = field(default_factory=dict)
    member: Callable[[ClassInfo, str], Stand | None] = field(default=lambda info, name: None)
    handed: Callable[[ast.Attribute], tuple[tuple[object, ast.expr], ...]] = field(default=lambda node: ())

    def stand(self, scope: object, node: ast.expr, asked: frozenset[ast.expr] = frozenset()) -> Stand | None:
        """What an expression stands for. asked: attributes of instances of the app for which that is asked already."""
        if isinstance(node, ast.Name):
            return self.names.get((scope, node.id))
        if isinstance(node, ast.Call):
            if node in self.sites:
                return self.sites[node][1]
            made = self.stand(scope, node.func, asked)
            return made.made if made else None
        if not isinstance(node, ast.Attribute):
            return None
        if owner_of(scope, node):
            return self._of_owner(scope, node.attr)
        if node.attr == "return_value":
            owner = node.value
            if isinstance(owner, ast.Attribute) and owner.attr in ("__enter__", "__aenter__"):
                session = self.stand(scope, owner.value, asked)
                return session if session and session.kind is Kind.SESSION else None
            made = self.stand(scope, owner, asked)
            return made.made if made else None
        whole = self.stand(scope, node.value, asked)
        if whole is None:
            return self._handed_session(node, asked)
        return self.member(whole.info, node.attr) if whole.info and whole.kind is Kind.INSTANCE else None

    def _handed_session(self, node: ast.Attribute, asked: frozenset[ast.expr]) -> Stand | None:
        """The mock of a session in `service.db`, where every `Service(db)` of the test is given one.

        An instance may be made with what another one has, `Service(service.db)`: that adds nothing to what the first
        was made with.
        """
        held, made_with = [node], []
        for one in held:
            for scope, value in self.handed(one):
                if isinstance(value, ast.Attribute) and self.handed(value):
                    held += [value] if value not in held else []
                elif asked.isdisjoint(ast.walk(value)):
                    made_with.append((scope, value))
        asked = asked.union(held)
        given = [self.stand(scope, value, asked) for scope, value in made_with]
        return given[0] if given and all(s is not None and s.kind is Kind.SESSION for s in given) else None

    def _of_owner(self, scope: object, name: str) -> Stand | None:
        """What `self.name` stands for: set by the class of a method, or by one that it derives from."""
        info = getattr(scope, "cls", None)
        return next((s for base in self.bases.get(info, (info,)) if (s := self.names.get((base, name)))), None)


def owner_of(scope: object, node: ast.expr) -> ClassInfo | None:
    """The class of a method in which a node is `self.x`."""
    if not isinstance(scope, FunctionInfo) or scope.cls is None or not scope.parameters:
        return None
    itself = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    return scope.cls if itself and node.value.id == scope.parameters[0].arg else None  # type: ignore[attr-defined]


def owners_of(program: Program, target: ast.expr) -> list[ClassInfo]:
    """The classes of tests on which an assignment sets an attribute: `self.x = mock`, `request.cls.x = mock`."""
    owner = owner_of(program.scope_of(target), target)
    if owner is not None or not isinstance(target, ast.Attribute):
        return [owner] if owner is not None else []
    found = {v.info for v in program.values(target.value) if isinstance(v, Cls) and is_test(v.info.path)}
    return sorted(found, key=lambda info: (info.path, info.node.lineno))
