"""Relationships that a refresh names, and a function that is called behind it empties: it refreshes the same instance.

`session.refresh(label, ["team"])` leaves no option with the instance, which a later `session.refresh(label)` would
repeat, as it repeats those of the statement that has loaded it. Source: SQLAlchemy, `Session.refresh`, which expires
the instance; `InstanceState.load_options`, measured with SQLAlchemy 2.0.20 and 2.1.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import instances, made_at
from asyncify.transforms.eager.last_called import LastCalled
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.refresh import Refresh


class RefreshedAgain:
    """Answers for refreshes that name what they load. refreshes: those of the instances of a loading place."""

    def __init__(
        self, program: Program, called: LastCalled, refreshes: Callable[[ast.AST], Iterable[Refresh]]
    ) -> None:
        self._program = program
        self._called = called
        self._refreshes = refreshes

    def emptied(self, place: Refresh, needed: Mapping[Steps, list[Reader]]) -> dict[Steps, list[Reader]]:
        """Those of the readers of a refresh, for each path, that stand behind a call which refreshes once more."""
        gone = {steps: [r for r in readers if self.is_emptied(place, r)] for steps, readers in needed.items()}
        return {steps: readers for steps, readers in gone.items() if readers}

    def is_emptied(self, place: Refresh, reader: Reader) -> bool:
        """Whether such a call stands between a refresh and a reader in the same function."""
        here = self._program.function_of(place.call)
        if here is None or self._program.function_of(reader.node) is not here:
            return False
        there = self._refreshing(place, here)
        return bool(there) and any(ran & there for ran in self._called.between(here, place.follows, reader.node))

    def _refreshing(self, place: Refresh, here: FunctionInfo) -> set[FunctionInfo]:
        """The other functions that refresh the same instances as a whole."""
        sites = made_at(instances(self._program.values(place.name)))
        functions = (self._program.function_of(r.call) for site in sites for r in self._refreshes(site))
        return {function for function in functions if function is not None and function is not here}
