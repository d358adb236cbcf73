"""Paths of relationships that lead back to where they began."""

from __future__ import annotations

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.reading import Steps


def comes_back(program: Program, first: ClassInfo, steps: Steps) -> bool:
    """Whether a path leads to instances that a load over existing ones has just filled: `post.author.posts` meets
    the post again, and empties its author, which was joined before. What a collection holds is set after all that
    is loaded below it."""
    orm = program.orm
    joined: list[ClassInfo] = []
    for position, name in enumerate(steps):
        current = orm.end_of(first, steps[:position])
        relationship = orm.relationship(current, name) if current is not None else None
        if current is not None and relationship is None and orm.subclass(current, name) is not None:
            continue
        if current is None or relationship is None or relationship.target is None:
            return False
        if not relationship.collection:
            joined.append(current)
        target = relationship.target
        if relationship.collection and any(program.classes.are_kin(info, target) for info in joined):
            return True
    return False
