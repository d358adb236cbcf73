"""What the mapping of a class joins to its rows. Source: SQLAlchemy "Relationship Loading Techniques", `lazy="joined"`,
and `lazy=False`, which is the same."""

from __future__ import annotations

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo

#: loader settings of a relationship that join it to what leads to it
JOINED = frozenset({"joined", "False"})


def joins_rows(program: Program, info: ClassInfo, seen: frozenset[ClassInfo] = frozenset()) -> bool:
    """Whether the mapping of a class joins a collection to whatever loads it, directly or behind a single object: its
    rows come several times then, and a result of `select` must be made unique. A target that is not known may."""
    for relationship in program.orm.relationships(info).values():
        if relationship.lazy in JOINED:
            target = relationship.target
            if relationship.collection or target is None:
                return True
            if target not in seen and joins_rows(program, target, seen | {info}):
                return True
    return False


def joined_to(program: Program, info: ClassInfo) -> dict[ClassInfo, tuple[str, ...]]:
    """The classes whose instances the mapping joins to those of a class, each with the way there; the class itself is
    one where that leads back to it."""
    found: dict[ClassInfo, tuple[str, ...]] = {}
    todo: list[tuple[ClassInfo, tuple[str, ...]]] = [(info, ())]
    for owner, steps in todo:
        for name, relationship in program.orm.relationships(owner).items():
            target = relationship.target
            if relationship.lazy in JOINED and target is not None and target not in found:
                found[target] = (*steps, name)
                todo.append((target, found[target]))
    return found
