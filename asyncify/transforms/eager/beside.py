"""The loads beside readers, gathered by place: one load does for all readers behind it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from asyncify.analysis.dotted import is_path
from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.edit import Edit
from asyncify.transforms.eager.late import Late, Spot
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.refreshing import Refreshing

Readers = dict[Steps, list[Reader]]


class Beside:
    """Collects them."""

    def __init__(self, late: Late, refreshing: Refreshing) -> None:
        self._late = late
        self._refreshing = refreshing
        self._wanted: list[tuple[Spot, Steps, Reader]] = []

    def add(self, spot: Spot, steps: Steps, reader: Reader) -> None:
        """Let a reader have its load at a spot, or at an earlier one that does for both."""
        self._wanted.append((spot, steps, reader))

    def _gathered(self) -> Iterator[tuple[Spot, Readers]]:
        found: dict[tuple[FunctionInfo, str], list[tuple[Spot, Readers]]] = defaultdict(list)
        for spot, steps, reader in self._wanted:
            self._gather(found[spot.function, ast.dump(spot.expression)], spot, steps, reader)
        return (pair for pairs in found.values() for pair in pairs)

    def _gather(self, spots: list[tuple[Spot, Readers]], spot: Spot, steps: Steps, reader: Reader) -> None:
        for place, needed in spots:
            both_ways = ((place, spot), (spot, place))
            first = next((one for one, other in both_ways if self._covers(one, other)), None)
            if first is not None:
                spots.remove((place, needed))
                needed.setdefault(steps, []).append(reader)
                spots.append((replace(first, made=place.made or spot.made), needed))
                return
        spots.append((spot, {steps: [reader]}))

    def _covers(self, first: Spot, second: Spot) -> bool:
        lines = (first.statement.lineno, second.statement.lineno)
        refreshed = is_path(first.expression) and self._refreshing.stands_between(first.path, first.expression, *lines)
        return not refreshed and self._late.covers(first, second)

    def edits(self) -> Iterator[tuple[list[Edit] | None, Iterable[tuple[Steps, Reader]]]]:
        """For each load its edits, None where it cannot be written, and who reads what of it."""
        for spot, readers in self._gathered():
            every = [(steps, reader) for steps, found in readers.items() for reader in found]
            yield self._late.edits(spot, readers), every
