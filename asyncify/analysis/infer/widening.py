"""Widening: what keeps the values of recursive code from growing for ever.

`rows = [rows, other]` in a function that calls itself holds lists of lists without end. Deeper than any code reads, and
where there is more than any code says, the contents are forgotten.
"""

from __future__ import annotations

from dataclasses import replace

from asyncify.analysis.values import NOTHING, Inst, Member, Rec, Value, Values

#: how deep containers may nest; a list of pairs of a name and a dict of lists of rows has five. What is bigger than
#: SIZE at one of these is cut at the next
DEPTHS = (6, 3, 1)
#: how many values one value may hold, those in several places counted as often
SIZE = 1000

_HOLDERS = (Inst, Rec, Member)


class Widening:
    """Cuts values at a depth. What was measured and cut is remembered: values share their parts."""

    def __init__(self) -> None:
        self._measures: dict[Value, tuple[int, int]] = {}
        self._cuts: dict[tuple[Value, int], Value] = {}

    def cut(self, values: Values) -> Values:
        """The same values, without what is nested too deep in one of them."""
        cut = [(v, self._fitting(v)) for v in values if isinstance(v, _HOLDERS)]
        if all(v is new for v, new in cut):
            return values
        return values.difference(v for v, _ in cut).union(new for _, new in cut)

    def _fitting(self, value: Value) -> Value:
        value = self._at(value, DEPTHS[0])
        for most in DEPTHS[1:]:
            if self._measure(value)[1] > SIZE:
                value = self._at(value, most)
        return value

    def _at(self, value: Value, most: int) -> Value:
        """A value without what is nested deeper."""
        if self._measure(value)[0] <= most:
            return value
        cut = self._cuts.get((value, most))
        if cut is None:
            cut = self._cuts[value, most] = self._shallow(value, most)
        return cut

    def _shallow(self, value: Value, most: int) -> Value:
        if isinstance(value, Member):
            base = self._shallow(value.base, most)
            return replace(value, base=base) if isinstance(base, Inst) else value
        if isinstance(value, Inst):
            return replace(value, args=tuple(self._contents(part, most) for part in value.args))
        if isinstance(value, Rec):
            return Rec(tuple((key, self._contents(part, most)) for key, part in value.items))
        return value

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


def _parts(value: Value) -> tuple[Values, ...]:
    if isinstance(value, Member):
        return _parts(value.base)
    if isinstance(value, Inst):
        return value.args
    return tuple(part for _, part in value.items) if isinstance(value, Rec) else ()
