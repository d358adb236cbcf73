"""What other libraries give: known to be theirs, and no more."""

from __future__ import annotations

from asyncify.analysis.values import NOTHING, Inst, Values
from asyncify.knowledge.foreign import foreign_root


def thing_of(value: Inst) -> Values:
    """What calling, reading or iterating something of a library gives: a thing of that library."""
    root = foreign_root(value.type)
    return frozenset({Inst(f"{root}.*")}) if root else NOTHING
