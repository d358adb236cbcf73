"""The refreshes of a program that load relationships: which there are, and what each has to load."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from asyncify.analysis.evaluated import behind
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import instances, made_at, objects
from asyncify.model.edit import Edit
from asyncify.transforms.eager.asked_mocks import AskedMocks
from asyncify.transforms.eager.circles import leads_back, outlives
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.existing import ExistingOptions
from asyncify.transforms.eager.expiring import Expiring
from asyncify.transforms.eager.filled import Filling
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reader, Reading, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.refresh_edits import RefreshEdits
from asyncify.transforms.eager.session_calls import is_construction, made_classes
from asyncify.transforms.eager.sessions import holds, is_handed_on
from asyncify.transforms.query.versions import SqlAlchemy


class Refreshing:
    """Collects what each refresh is to load. wanted: refreshes that are written anyway, each with a reason.
    text_keyed: models of which the session may know an instance by another key than its row has. existing: the options
    that statements have."""

    def __init__(
        self,
        reading: Reading,
        created: Created,
        wanted: Mapping[Refresh, str],
        text_keyed: Collection[ClassInfo],
        mocks: AskedMocks,
        existing: ExistingOptions,
    ) -> None:
        self.program = reading.program
        self.reading = reading
        self.created = created
        self._edits = RefreshEdits(reading.program, mocks)
        self._always: dict[Refresh, str] = dict(wanted)
        self._text_keyed = text_keyed
        self._mocks = mocks
        self._existing = existing
        self.fillings: list[Filling] = []
        #: what a refresh cannot load, and needs a statement of its own
        self.upwards: list[tuple[Refresh, Steps, Reader]] = []
        self._places: dict[Refresh, tuple[ClassInfo, dict[Steps, list[Reader]]]] = {}
        self._repeated: dict[Refresh, dict[Steps, list[Reader]]] = {}
        self._names = cache(_names)

    def add(self, place: Refresh, steps: Steps, reader: Reader) -> None:
        """Let a refresh load a path."""
        self._places.setdefault(place, (self.stored_class(place), {}))[1].setdefault(steps, []).append(reader)

    def repeats(self, place: Refresh, steps: Steps, reader: Reader) -> None:
        """Note a path that a `refresh()` loads by itself, as the statement had an option for it: a load that is written
        in its place needs that option too."""
        self._repeated.setdefault(place, {}).setdefault(steps, []).append(reader)

    def stands_between(self, path: str, instance: ast.expr, first: int, second: int) -> bool:
        """Whether a refresh, or the load in its place, follows one line of a file and is before another: what was
        loaded with an instance before is not there any more."""
        written = (r for r in self.created.every() if r.is_refresh)
        return any(
            place.path == path and path_text(place.name) == path_text(instance) and first <= place.follows < second
            for place in (*written, *self._places)
        )

    def known(self, place: Refresh) -> Refresh:
        """The refresh of the same instance behind the same call that is written anyway or was added, else the given
        one."""
        there = [w for w in self._always if w.before is None] + list(self._places)
        same = (p for p in there if p.call is place.call and path_text(p.name) == path_text(place.name))
        return next(same, place)

    def stored_class(self, place: Refresh) -> ClassInfo:
        """The class of what is refreshed."""
        for found in instances(self.program.values(place.name)):
            return found.info
        statement = self.program.modules[place.path].source.statement(place.name)
        assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        return next(iter(made_classes(self.program, statement.value)))

    def edits(self, expiring: Expiring) -> Iterator[tuple[list[Edit] | None, Sequence[tuple[Steps, Reader]]]]:
        """For each refresh its edits, None where they cannot be written, and what it was to load, for whom."""
        for place in self._always:
            self._places.setdefault(place, (self.stored_class(place), {}))
        expires, guarded = set(), set()
        for place, info in list(expiring.refreshes(self._places)):
            if self.created.reloads(place) and info not in self._text_keyed:
                self._places.setdefault(place, (info, {}))
                expires.add(place)
                self._always[place] = f"a refresh of {info.name} expires what it holds, which is read later"
        for place, (info, every) in self._places.items():
            yield None, _pairs({s: r for s, r in every.items() if outlives(self.program, info, s, every)})
            needed = {s: r for s, r in every.items() if not leads_back(self.program, info, s, every)}
            apart = place.flushes or info in self._text_keyed or self._empties_others(place, info, needed)
            apart = apart or self.created.is_named_behind(place)
            by_name = self._can_name(place, needed) and (apart or self._disturbs_mocks(place))
            if by_name or place.pending:
                upwards = {steps: found for steps, found in needed.items() if self.goes_up(info, steps[0])}
                self.upwards += [(place, *pair) for pair in _pairs(upwards)]
                needed = {steps: found for steps, found in needed.items() if steps not in upwards}
                by_name = by_name and bool(needed)
            if by_name:  # what is a subclass and no relationship: a plain refresh loads the columns of those
                needed = {s: r for s, r in needed.items() if self.program.orm.relationship(info, s[0]) is not None}
                by_name = bool(needed)
            if by_name:
                gone = self.created.again.emptied(place, needed)
                yield None, _pairs(gone)
                needed = {s: left for s, r in needed.items() if (left := [x for x in r if x not in gone.get(s, ())])}
                by_name = bool(needed)
            if not by_name and (needed or place in expires):
                needed = {**self._loaded_again(place), **needed}
            if info in self._text_keyed and needed and not by_name:
                yield None, _pairs(needed)
                continue
            always = self._always.get(place, "") or self._of_mapping(place, info, needed)
            asked = place if by_name else self._asking(place)
            why = because({steps: found[0] for steps, found in needed.items()})
            edits = self._edits.edits(asked, info, why, always, by_name=by_name, expires=place in expires)
            origins = [found.origin for found in objects(self.program.values(place.name))]
            led_to = place in expires and any(origin is not None and origin.steps for origin in origins)
            if edits is not None and not by_name and (needed or place in expires):
                self.fillings.append(Filling(place, info, frozenset(needed), led_to))
            if edits and asked is not place:
                guarded.add(self.program.function_of(place.call))
            yield edits, _pairs(needed)
        yield list(self._mocks.containers(guarded)), ()

    def _loaded_again(self, place: Refresh) -> dict[Steps, list[Reader]]:
        """What a `refresh()` loads by itself: it repeats the options of the statement that has loaded the instance, and
        of the one before a merge. Source: SQLAlchemy, `InstanceState.load_options`, which `Session.merge` copies."""
        if not place.is_plain or not place.is_refresh:
            return {}
        found = dict(self._repeated.get(place, {}))
        for value in objects(self.program.values(place.name)):
            if value.origin is not None and not value.origin.steps:
                given = {e.steps for e in self._existing.of_statement(value.origin.site) if e.loads}
                paths = self.reading.paths.get(value.origin.site, {})
                found |= {steps: readers for steps, readers in paths.items() if steps in given}
        return found

    def _of_mapping(self, place: Refresh, info: ClassInfo, needed: Mapping[Steps, list[Reader]]) -> str:
        """Why new instances must be loaded: `lazy="selectin"` and its like hold for what comes out of a statement, and
        these have come out of none. Empty where nothing of the kind is read. Source: SQLAlchemy, "Relationship Loading
        Techniques", "Configuring Loader Strategies at Mapping Time"."""
        for steps in sorted(needed if not place.is_refresh else ()):
            relationship = self.program.orm.relationship(info, steps[0])
            if relationship is not None and relationship.lazy in EAGER_SETTINGS:
                return f"{steps[0]} is read by {needed[steps][0].what}, and not loaded for what was made"
        return ""

    def _can_name(self, place: Refresh, needed: Collection[Steps]) -> bool:
        """Whether each relationship can be refreshed by its name. Source: SQLAlchemy, `Session.refresh`: it loads lazy
        relationships that it names since 2.0.4."""
        if not needed or place.options is not None or any(len(steps) != 1 for steps in needed):
            return False
        return (version := SqlAlchemy.of(self.program).version) is None or version >= (2,)

    def goes_up(self, info: ClassInfo, name: str) -> bool:
        """Whether a relationship leads to one instance of the same class: `refresh(node, ["parent"])` loads nothing, as
        measured with SQLAlchemy 2.0.20 and 2.1."""
        relationship = self.program.orm.relationship(info, name)
        if relationship is None or relationship.collection or relationship.target is None:
            return False
        return self.program.classes.are_kin(info, relationship.target)

    def _disturbs_mocks(self, place: Refresh) -> bool:
        """Whether a test has mocks that a load in the place of a refresh would disturb, and a second refresh not: the
        mock of a session that tells what `get` gives, or mocks for rows, which have no identity."""
        if self._mocks.asks(place.call, "refresh"):
            return False
        return self._mocks.asks(place.call, "get") or self._may_be_a_double(place)

    def _asking(self, place: Refresh) -> Refresh:
        """The same refresh, kept as it is, whose load asks first whether the instance is in the session: no mock is."""
        written = place.is_refresh and place.is_plain and place.before is None
        if not written or place.guard or not self._may_be_a_double(place):
            return place
        assert isinstance(place.call.func, ast.Attribute)
        session = place.call.func.value
        handed_on = is_handed_on(self.program.values(session))
        return replace(place, guard=holds(path_text(session), path_text(place.name), handed_on=handed_on))

    def _may_be_a_double(self, place: Refresh) -> bool:
        """Whether what is refreshed may be the mock of a test, and nothing that the function makes itself."""
        sites = made_at(objects(self.program.values(place.name)))
        made = sites and all(isinstance(s, ast.Call) and is_construction(self.program, s) for s in sites)
        return not made and self._mocks.may_be_a_double(self.program.function_of(place.call), place.name)

    def _empties_others(self, place: Refresh, info: ClassInfo, needed: Collection[Steps]) -> bool:
        """Whether a load over existing instances would empty what others of the function hold: the users of a group
        are gone when the groups of a user are loaded so. What is refreshed itself before it is read holds nothing by
        then. Source: SQLAlchemy "Populate Existing".
        """
        function = self.program.function_of(place.call)
        if function is None:
            return False
        ends = {end for steps in needed if (end := self.program.orm.end_of(info, steps)) is not None}
        others = self._names(function) if ends else {}
        return any(
            name != path_text(place.name)
            and any(self._may_hold(node, ends) for node in nodes)
            and not self._is_refreshed_first(place, nodes)
            for name, nodes in others.items()
        )

    def _may_hold(self, node: ast.Name, ends: Collection[ClassInfo]) -> bool:
        """Whether a name means an instance of one of some classes, of which relationships are read."""
        return any(
            found.origin is not None
            and self.reading.paths.get(found.origin.site)
            and any(self.program.classes.are_kin(end, found.info) for end in ends)
            for found in objects(self.program.values(node))
        )

    def _is_refreshed_first(self, place: Refresh, nodes: Sequence[ast.Name]) -> bool:
        """Whether the first use of a name behind a refresh refreshes what it means, further down in the same block.
        nodes: all uses of the name in the function."""
        later = [n for n in nodes if n.lineno > place.call.lineno]
        if not later:
            return False
        source = self.program.modules[place.path].source
        first = source.statement(min(later, key=lambda n: n.lineno))
        return first in behind(source, source.statement(place.call)) and any(
            isinstance(r.name, ast.Name) and r.name.id == nodes[0].id and source.statement(r.call) is first
            for r in self.created.every()
            if r.path == place.path and r.is_refresh and r.before is None
        )


def _names(function: FunctionInfo) -> dict[str, list[ast.Name]]:
    """The names in a function, each with its uses."""
    found: dict[str, list[ast.Name]] = {}
    for node in function.nodes:
        if isinstance(node, ast.Name):
            found.setdefault(node.id, []).append(node)
    return found


def _pairs(readers: Mapping[Steps, list[Reader]]) -> list[tuple[Steps, Reader]]:
    return [(steps, reader) for steps, found in readers.items() for reader in found]


def because(readers: Mapping[Steps, Reader]) -> dict[Steps, str]:
    """Each path with a sentence that says who reads it."""
    return {steps: f"{'.'.join(steps)} is read by {reader.what}" for steps, reader in sorted(readers.items())}
