"""The loads beside readers, gathered by place: one load does for all readers behind it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from asyncify.analysis.symbols import FunctionInfo
from asyncify.model.edit import Edit
from asyncify.transforms.eager.late import Late, Spot
from asyncify.transforms.eager.reading import Reader, Steps

Readers = dict[Steps, list[Reader]]


class Beside:
    """Collects them."""

    def __init__(self, late: Late) -> None:
        self._late = late
        self._spots: dict[tuple[FunctionInfo, str], list[tuple[Spot, Readers]]] = defaultdict(list)

    def add(self, spot: Spot, steps: Steps, reader: Reader) -> None:
        """Let a reader have its load at a spot, or at an earlier one that does for both."""
        spots = self._spots[spot.function, ast.dump(spot.expression)]
        for place, needed in spots:
            both_ways = ((place, spot), (spot, place))
            first = next((one for one, other in both_ways if self._late.covers(one, other)), None)
            if first is not None:
                spots.remove((place, needed))
                needed.setdefault(steps, []).append(reader)
                spots.append((replace(first, made=place.made or spot.made), needed))
                return
        spots.append((spot, {steps: [reader]}))

    def edits(self) -> Iterator[tuple[list[Edit] | None, Iterable[tuple[Steps, Reader]]]]:
        """For each load its edits, None where it cannot be written, and who reads what of it."""
        for spot, readers in (pair for pairs in self._spots.values() for pair in pairs):
            every = [(steps, reader) for steps, found in readers.items() for reader in found]
            yield self._late.edits(spot, readers), every
