"""What is expired at one point of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

#: stands for every instance of a session that the function was given, for those who call it
SESSION = "*"


@dataclass(frozen=True)
class Mark:
    """An instance, or one attribute of it, that has to load before it can be read.

    cause: what expired it, as in "after rollback()". event: the call that did; None where a called function did.
    certain: it did on every way to this point.
    """

    cause: str
    event: ast.Call | None
    certain: bool

    def doubted(self) -> Mark:
        """The same, on some ways only."""
        return self if not self.certain else replace(self, certain=False)


#: in the place of an attribute: the relationships of an instance whose columns are there
RELATIONSHIPS = "*"
#: in the place of an attribute: what a commit has made outdated, and a sync session would read again
OUTDATED = "~"
#: before the name of an attribute: it alone was loaded since
FRESH = "+"
#: in the place of an attribute: the whole instance was loaded since
WHOLE = f"{FRESH}*"

#: path of an instance (`user`, `self.user`) and attribute; the whole instance where that is empty
Key = tuple[str, str]
State = Mapping[Key, Mark]


def joined(states: Iterable[State | None]) -> State | None:
    """What is expired where several ways meet. None stands for a way that ends before."""
    living = [state for state in states if state is not None]
    if not living:
        return None
    found: dict[Key, Mark] = {}
    for state in living:
        for key, mark in state.items():
            everywhere = all(key in other and other[key].certain for other in living)
            found.setdefault(key, mark if everywhere else mark.doubted())
    return found


def doubted(state: State) -> State:
    """A state that holds on some ways only."""
    return {key: mark.doubted() for key, mark in state.items()}


def without(state: State, path: str, attribute: str | None = None) -> State:
    """A state in which an instance, or one attribute of it, is there."""
    if attribute is None:
        return {key: mark for key, mark in state.items() if key[0] != path}
    return {key: mark for key, mark in state.items() if key != (path, attribute)}


def copied(state: State, source: str, target: str) -> State:
    """A state in which a second path means the same instance."""
    if source == target:
        return state
    return {**without(state, target), **{(target, a): m for (p, a), m in state.items() if p == source}}


def let_go(state: State) -> State:
    """A state in which a session has let its instances go: what they hold stays as it is."""
    return {key: mark for key, mark in state.items() if key[0] == SESSION}


def is_fresh(state: State, path: str) -> bool:
    """Whether an instance was loaded on every way to a point, since the last commit."""
    mark = state.get((path, WHOLE))
    return mark is not None and mark.certain and (path, "") not in state
