"""Kinds: what an expression may be at run time, as far as it matters here.

An expression has a set of values (`Values`); the empty set says that nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Union

from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.knowledge import names as library_names
from asyncify.knowledge.names import is_a


@dataclass(frozen=True)
class Origin:
    """Where an ORM instance was loaded or made, and the relationships walked since.

    site: the call that loads (`select(...)`, `query(...)`, `get(...)`) or the constructor call.
    """

    path: str
    site: ast.AST
    steps: tuple[str, ...] = ()

    def step(self, name: str) -> Origin:
        """One relationship further."""
        return Origin(self.path, self.site, (*self.steps, name))


@dataclass(frozen=True)
class Ext:
    """An object of a library, by its canonical dotted name: a class, a function, a module."""

    name: str


@dataclass(frozen=True)
class Inst:
    """An instance of a library class or builtin. args: what it holds (a list's elements, a query's entities)."""

    type: str
    args: tuple[frozenset[Value], ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class Cls:
    """A class of the program."""

    info: ClassInfo


@dataclass(frozen=True)
class Obj:
    """An instance of a class of the program."""

    info: ClassInfo
    origin: Origin | None = None


@dataclass(frozen=True)
class Fn:
    """A function of the program. receiver: for methods (and what is nested in them) the class of `self`.

    wraps: for what a decorator made, the function that it was made for, and what that one wraps in turn.
    """

    info: FunctionInfo
    receiver: ClassInfo | None = None
    bound: bool = False
    wraps: tuple[FunctionInfo, ...] = ()


@dataclass(frozen=True)
class Mod:
    """A module of the program; with a trailing `/` a folder without `__init__.py`."""

    path: str


@dataclass(frozen=True)
class Rec:
    """A dict with known string keys."""

    items: tuple[tuple[str, frozenset[Value]], ...]

    def get(self, key: str) -> frozenset[Value]:
        """The values under a key."""
        return next((v for k, v in self.items if k == key), frozenset())


@dataclass(frozen=True)
class Ann:
    """An annotation kept in a name (`SessionDep = Annotated[...]`), evaluated where it is used."""

    node: ast.expr
    path: str


@dataclass(frozen=True)
class Member:
    """A bound method of a library object: `db.query`, `client.get`."""

    base: Inst
    name: str


@dataclass(frozen=True)
class Tv:
    """A type variable, with what bounds it."""

    name: str
    bound: frozenset[Value] = frozenset()


@dataclass(frozen=True)
class Const:
    """A string constant."""

    text: str


@dataclass(frozen=True)
class Pattern:
    """A string of which only parts are known; `*` stands for the others."""

    text: str


Value = Union[Ext, Inst, Cls, Obj, Fn, Mod, Rec, Ann, Member, Tv, Const, Pattern]  # noqa: UP007 - a string-free alias of forward references
Values = frozenset[Value]
NOTHING: Values = frozenset()

#: more than this many values of one expression say nothing useful; of instances of mapped classes each one does, as
#: each is to have loaded what is read from it, until there are so many that their ways are no longer followed
WIDTH = 40
INSTANCES = 1000


def union(parts: Iterable[Values]) -> Values:
    """All values of several sets."""
    result = NOTHING
    for part in parts:
        if part:
            result = result | part if result else part
    return result


def of_type(values: Values, name: str) -> tuple[Inst, ...]:
    """The instances among `values` of a library class or of one that derives from it."""
    return tuple([v for v in values if isinstance(v, Inst) and is_a(v.type, name)]) if values else ()


def has(values: Values, *names: str) -> bool:
    """Whether one of the values is an instance of one of these library classes."""
    for value in values:
        if isinstance(value, Inst):
            for name in names:
                if is_a(value.type, name):
                    return True
    return False


def is_session(values: Values) -> bool:
    """Whether some values are sessions, of either kind."""
    return has(values, library_names.SESSION, library_names.ASYNC_SESSION)


#: what can be gone through again
LISTS = ("list", "set", "tuple")


def objects(values: Values) -> Iterator[Obj]:
    """The instances of program classes."""
    return (v for v in values if isinstance(v, Obj))


def instances(values: Values) -> Iterator[Obj]:
    """The instances of program classes that values are, or that they contain as lists and the like."""
    yield from objects(values)
    for value in values:
        if isinstance(value, Inst) and value.type in LISTS:
            yield from (v for part in value.args for v in objects(part))


def made_at(found: Iterable[Obj], *, directly: bool = False) -> list[ast.AST]:
    """The places that instances come from, each once. directly: of those alone that no relationship has led to."""
    origins = (value.origin for value in found)
    return list(dict.fromkeys(o.site for o in origins if o is not None and not (directly and o.steps)))


def collection(kind: str, elements: Values) -> Inst:
    """A `list`, `set` or the like of these elements."""
    return Inst(kind, (elements,))
