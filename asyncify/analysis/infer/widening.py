"""Widening: what keeps the values of recursive code from growing for ever.

`rows = [rows, other]` in a function that calls itself holds lists of lists without end. Deeper than any code reads, and
where there is more than any code says, the contents are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from asyncify.analysis.values import NOTHING, Inst, Member, Rec, Value, Values

#: how deep containers may nest; a list of pairs of a name and a dict of lists of rows has five. What is bigger than
#: SIZE at one of these is cut at the next
DEPTHS = (6, 3, 1)
#: how many values one value may hold, those in several places counted as often
SIZE = 1000

_HOLDERS = (Inst, Rec, Member)


class Widening:
    """Cuts values at a depth. Of equal values it gives out one and the same: what shares its parts is then compared
    and measured by its parts once, not along every way through them."""

    def __init__(self) -> None:
        self._values: dict[Value, Value] = {}
        self._sets: dict[Values, Values] = {}
        self._ids: set[int] = set()  # of the values and sets above, which stay as long as this does
        #: what was given out in this cut, by the id of the value that it stands for, which is held: ids come again
        self._met: dict[int, tuple[Value, Value]] = {}
        self._measures: dict[Value, tuple[int, int]] = {}
        self._cuts: dict[tuple[Value, int], Value] = {}

    def cut(self, values: Values) -> Values:
        """The same values, without what is nested too deep in one of them."""
        if id(values) in self._ids or not any(isinstance(v, _HOLDERS) for v in values):
            return values
        cut = self._set(frozenset(self._fitting(self._one(v)) for v in values))
        self._met.clear()
        return cut

    # -- one object for equal values -----------------------------------------------------------------

    def _one(self, value: Value) -> Value:
        """The one value that is given out for all that are equal to this one."""
        if not isinstance(value, _HOLDERS) or id(value) in self._ids:
            return value
        if id(value) not in self._met:
            new = with_parts(value, self._set)
            found = self._values.setdefault(new, new)
            self._ids.add(id(found))
            self._met[id(value)] = (value, found)
        return self._met[id(value)][1]

    def _set(self, values: Values) -> Values:
        if id(values) in self._ids:
            return values
        values = frozenset(map(self._one, values))
        found = self._sets.setdefault(values, values)
        self._ids.add(id(found))
        return found

    # -- cutting -------------------------------------------------------------------------------------

    def _fitting(self, value: Value) -> Value:
        value = self._at(value, DEPTHS[0])
        for most in DEPTHS[1:]:
            if self._measure(value)[1] > SIZE:
                value = self._at(value, most)
        return value

    def _at(self, value: Value, most: int) -> Value:
        """A value without what is nested deeper."""
        if not isinstance(value, _HOLDERS) or self._measure(value)[0] <= most:
            return value
        cut = self._cuts.get((value, most))
        if cut is None:
            shallow = with_parts(value, lambda part: self._contents(part, most))
            cut = self._cuts[value, most] = self._one(shallow)
        return cut

    def _contents(self, part: Values, most: int) -> Values:
        return frozenset(self._at(v, most - 1) for v in part) if most > 0 else NOTHING

    def _measure(self, value: Value) -> tuple[int, int]:
        """How deep a value is, and how much it holds."""
        known = self._measures.get(value)
        if known is None:
            inner = [self._measure(v) for part in _parts(value) for v in part]
            known = self._measures[value] = (
                max((depth for depth, _ in inner), default=-1) + 1,
                sum(size for _, size in inner) + 1,
            )
        return known


def with_parts(value: Value, change: Callable[[Values], Values]) -> Value:
    """A value that holds what becomes of its parts."""
    if isinstance(value, Member):
        base = with_parts(value.base, change)
        return replace(value, base=base) if isinstance(base, Inst) else value
    if isinstance(value, Inst) and value.args:
        return replace(value, args=tuple(map(change, value.args)))
    if isinstance(value, Rec):
        return Rec(tuple((key, change(part)) for key, part in value.items))
    return value


def _parts(value: Value) -> tuple[Values, ...]:
    if isinstance(value, Member):
        return _parts(value.base)
    if isinstance(value, Inst):
        return value.args
    return tuple(part for _, part in value.items) if isinstance(value, Rec) else ()
