"""What the tests have shown of implicit loads beside what reasoning knows of them, and what was done about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from asyncify.model.evidence import CodePlace, ImplicitLoad, LoadKind


class Outcome(Enum):
    """What becomes of one implicit load. The value is what a report says of it."""

    STATEMENT = "loaded with its statement"
    REFRESH = "loaded where the instance is refreshed or stored"
    BESIDE = "loaded beside the reader"
    MAPPING = "loaded by its mapping"
    GREENLET = "read in SQLAlchemy's greenlet by the step flip"
    NOTHING = "needs nothing in async code"
    LEFT = "not helped, see the finding"


@dataclass(frozen=True)
class Seen:
    """An implicit load that the tests have shown. known: reasoning has found it too. why: of one that needs nothing."""

    load: ImplicitLoad
    known: bool
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Reasoned:
    """What reasoning loads and no test has shown, perhaps because none goes there.

    attribute: with the relationships before it, `author.posts`. loaded: None for an attribute that its mapping loads.
    """

    kind: LoadKind
    model: str
    attribute: str
    read: CodePlace | None
    loaded: CodePlace | None
    outcome: Outcome


@dataclass(frozen=True)
class Comparison:
    """Evidence beside reasoning: every load of the evidence is in `seen`, in the order of the file."""

    seen: tuple[Seen, ...] = ()
    reasoned: tuple[Reasoned, ...] = ()

    @property
    def only_shown(self) -> tuple[Seen, ...]:
        """What only the tests show: a hole in the reasoning, or nothing that it is about."""
        return tuple(s for s in self.seen if not s.known and s.outcome is not Outcome.NOTHING)

    def outcomes(self) -> Mapping[Outcome, int]:
        """How many loads of the evidence have each outcome, in the order of `Outcome`."""
        counts = Counter(s.outcome for s in self.seen)
        return {outcome: counts[outcome] for outcome in Outcome if counts[outcome]}
