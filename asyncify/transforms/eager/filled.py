"""What a load over existing instances empties of others.

`session.get(Shelf, 1, options=[...], populate_existing=True)` fills anew all that its options lead to, and what else
was loaded of these is gone. Source: SQLAlchemy "Populate Existing".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import objects
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.emptied import is_lazy
from asyncify.transforms.eager.loads import Site, loaded_classes
from asyncify.transforms.eager.reading import Reader, Reading, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.session_calls import is_construction, made_classes


@dataclass(frozen=True)
class Filling:
    """Such a load. info: the class of what it loads; paths: those that it loads with that. led_to: the instance came
    with another one, with more than is loaded now. is_there: it was written before."""

    place: Refresh
    info: ClassInfo
    paths: frozenset[Steps]
    led_to: bool = False
    is_there: bool = False


class Filled:
    """Finds what is read behind some loads, and was emptied by them."""

    def __init__(self, reading: Reading, created: Created, fillings: Iterable[Filling]) -> None:
        self._reading = reading
        self._program = reading.program
        self._created = created
        #: the loads of each function, with the classes of what each may empty in it
        self._fillings: dict[FunctionInfo, list[tuple[Filling, frozenset[ClassInfo]]]] = {}
        for one in (*fillings, *self._written()):
            function = self._program.function_of(one.place.call)
            if function is not None:
                self._fillings.setdefault(function, []).append((one, self._along(one)))
        self._meets_some = cache(self._find_meets_some)

    def _written(self) -> Iterator[Filling]:
        """The loads that are there; what others have led to they empty."""
        for place in self._created.every():
            found = [o for o in objects(self._program.values(place.name)) if o.origin is not None]
            if found and place.is_refresh and place.before is None and not place.is_plain:
                led_to = next((o for o in found if o.origin is not None and o.origin.steps), None)
                given = frozenset() if led_to is not None else self._created.given(place)
                yield Filling(place, (led_to or found[0]).info, given, led_to is not None, is_there=True)

    def _along(self, one: Filling) -> frozenset[ClassInfo]:
        orm = self._program.orm
        if one.is_there and not one.led_to:
            return frozenset()
        ends = (orm.end_of(one.info, steps[:n]) for steps in one.paths for n in range(1, len(steps) + 1))
        return frozenset((*(end for end in ends if end is not None), *([one.info] if one.led_to else [])))

    def emptied(self) -> Iterator[tuple[Steps, Reader]]:
        """Each path that is read of instances when it may be gone, and who reads it."""
        if not self._fillings:
            return
        for site, paths in self._reading.paths.items():
            function = self._program.function_of(site)
            here = function is not None and self._meets_some(function)
            infos = self._classes(site) if here and isinstance(site, (ast.Call, ast.Attribute)) else ()
            for steps, readers in paths.items() if infos else ():
                for reader in readers:
                    if self._program.function_of(reader.node) is function and self._is_gone(site, infos, steps, reader):
                        yield steps, reader

    def _classes(self, site: Site) -> tuple[ClassInfo, ...]:
        if isinstance(site, ast.Call) and is_construction(self._program, site):
            return tuple(made_classes(self._program, site))
        return tuple(loaded_classes(self._program, self._reading.files[site], site))

    def _is_gone(self, site: ast.AST, infos: Iterable[ClassInfo], steps: Steps, reader: Reader) -> bool:
        function = self._program.function_of(site)
        first, last = getattr(site, "lineno", 0), getattr(reader.node, "lineno", 0)
        passed = self._created.passed(site, reader)
        if passed is not None and function is not None and self._program.function_of(passed.call) is function:
            first = passed.line
            if self._is_gone_in_calls(function, infos, steps, passed, reader):
                return True
        owners = {owner for info in infos for n in range(len(steps)) if (owner := self._owner(info, steps, n))}
        return any(
            first < one.place.line
            and one.place.follows < last
            and one.place is not passed
            and self._meet(owners, classes)
            for one, classes in (self._fillings.get(function, ()) if function is not None else ())
        )

    def _is_gone_in_calls(
        self, function: FunctionInfo, infos: Iterable[ClassInfo], steps: Steps, passed: Refresh, reader: Reader
    ) -> bool:
        """Whether a function that is called behind the refresh of an instance loads the same one again, with less."""
        return any(
            steps not in one.paths and self._meet(infos, [one.info])
            for ran in self._created.last_called.between(function, passed.follows, reader.node)
            for other in ran & self._fillings.keys() - {function}
            for one, _ in self._fillings[other]
        )

    def _find_meets_some(self, function: FunctionInfo) -> bool:
        """Whether a function has such loads, or runs others that have."""
        calls = self._created.last_called.calls(function)
        return function in self._fillings or any(ran & self._fillings.keys() for _, ran in calls)

    def _owner(self, info: ClassInfo, steps: Steps, number: int) -> ClassInfo | None:
        """The class that has a step of a path, where the mapping does not load that with each of its instances."""
        owner = self._program.orm.end_of(info, steps[:number])
        return owner if owner is not None and is_lazy(self._program, owner, steps[number]) else None

    def _meet(self, owners: Iterable[ClassInfo], classes: Iterable[ClassInfo]) -> bool:
        return any(self._program.classes.are_kin(owner, end) for owner in owners for end in classes)
