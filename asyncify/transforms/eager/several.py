"""Relationships to one object of which there may be several rows, as nothing but the mapping says that there is one.

Each loader takes the first row that it comes to. Joined to the rows of others that may be another one than a lazy load
finds, and a LIMIT counts them all; a statement of its own finds the same. As measured with SQLAlchemy 1.4, 2.0 and 2.1.
"""

from __future__ import annotations

from asyncify.analysis.foreign_keys import may_repeat
from asyncify.analysis.joined_rows import joins_rows
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.transforms.eager.correlated import correlates_by_itself


def may_be_several(program: Program, relationship: Relationship) -> bool:
    """Whether the table of the other side has the key of a relationship to one object, and may have it twice."""
    target = relationship.target
    if relationship.collection or relationship.holds_key or target is None:
        return False
    return may_repeat(program.classes, target, relationship.owner)


def is_apart(program: Program, relationship: Relationship) -> bool:
    """Whether a relationship is loaded by a statement of its own, and joined to one row at most."""
    if relationship.collection or may_be_several(program, relationship):
        return True
    target = relationship.target
    return target is not None and (joins_rows(program, target) or correlates_by_itself(program, target))
