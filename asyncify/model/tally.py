"""How many of the things that a step is about were found, and what came of them: the numbers people ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from asyncify.model.span import Span


class Fate(Enum):
    """What became of one subject. The value is what a report says of it."""

    CONVERTED = "converted"
    BRIDGED = "left for the bridge"  # known to be one, and stays: later steps make it run in async code as it is
    REPORTED = "only reported"  # looks like one, but no step can tell what it works on
    KEPT = "kept by keep-sync"


@dataclass(frozen=True)
class Subject:
    """One of the things that a transform is about, such as a legacy query.

    kind: what it is, in the singular. span: where.
    group: of the edits that convert it; empty where nothing does. otherwise: what becomes of it without them.
    """

    kind: str
    path: str
    span: Span
    group: str = ""
    otherwise: Fate = Fate.BRIDGED

    def fate(self, applied: frozenset[str]) -> Fate:
        """What became of it. applied: the groups whose edits were made."""
        return Fate.CONVERTED if self.group in applied else self.otherwise


@dataclass(frozen=True)
class Tally:
    """The numbers of one kind of subjects. fates: how many had each fate, in the order of `Fate`, none left out."""

    kind: str
    fates: tuple[tuple[Fate, int], ...]

    @property
    def found(self) -> int:
        """How many there are in all."""
        return sum(count for _, count in self.fates)


def tallies(subjects: Iterable[Subject], applied: frozenset[str]) -> tuple[Tally, ...]:
    """One tally for each kind of subjects, in the order in which the kinds come.

    applied: the groups whose edits were made.
    """
    kinds: dict[str, Counter[Fate]] = {}
    for subject in subjects:
        kinds.setdefault(subject.kind, Counter())[subject.fate(applied)] += 1
    return tuple(Tally(kind, tuple((fate, counts[fate]) for fate in Fate)) for kind, counts in kinds.items())
