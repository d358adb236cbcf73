"""Relationships to one object of which there may be several rows, as nothing but the mapping says that there is one.

Each loader takes the first row that it comes to. Joined to the rows of others that may be another one than a lazy load
finds, and a LIMIT counts them all; a statement of its own finds the same. As measured with SQLAlchemy 1.4, 2.0 and 2.1.
"""

from __future__ import annotations

from asyncify.analysis.foreign_keys import may_repeat
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.reading import Steps

#: loader settings of a relationship that join it to what leads to it
JOINED_SETTINGS = frozenset({"joined", "False"})


def may_be_several(program: Program, relationship: Relationship) -> bool:
    """Whether the table of the other side has the key of a relationship to one object, and may have it twice."""
    target = relationship.target
    if relationship.collection or relationship.holds_key or target is None:
        return False
    return may_repeat(program.classes, target, relationship.owner)


def joins_rows(program: Program, info: ClassInfo, seen: frozenset[ClassInfo] = frozenset()) -> bool:
    """Whether the mapping of a class joins a collection to whatever loads it: its rows come several times then, and
    a result of `select` must be made unique."""
    for relationship in program.orm.relationships(info).values():
        if relationship.lazy in JOINED_SETTINGS:
            target = relationship.target
            if relationship.collection or (
                target is not None and target not in seen and joins_rows(program, target, seen | {info})
            ):
                return True
    return False


def joined_to(program: Program, info: ClassInfo) -> dict[ClassInfo, Steps]:
    """The classes whose instances the mapping joins to those of a class, each with the way there; the class itself is
    one where that leads back to it."""
    found: dict[ClassInfo, Steps] = {}
    todo: list[tuple[ClassInfo, Steps]] = [(info, ())]
    for owner, steps in todo:
        for name, relationship in program.orm.relationships(owner).items():
            target = relationship.target
            if relationship.lazy in JOINED_SETTINGS and target is not None and target not in found:
                found[target] = (*steps, name)
                todo.append((target, found[target]))
    return found


def is_apart(program: Program, relationship: Relationship) -> bool:
    """Whether a relationship is loaded by a statement of its own, and joined to one row at most."""
    if relationship.collection or may_be_several(program, relationship):
        return True
    return relationship.target is not None and joins_rows(program, relationship.target)
