"""Which of the ways of loading each read gets."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from asyncify.analysis.expiry.events import commits_expire
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach, routes
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import has, made_at, objects
from asyncify.knowledge import names
from asyncify.model.comparison import Outcome
from asyncify.model.edit import Edit, Finding
from asyncify.model.evidence import LoadKind
from asyncify.model.span import Span
from asyncify.transforms.base import Decisions
from asyncify.transforms.eager.asked_mocks import AskedMocks
from asyncify.transforms.eager.autoflush import Autoflush
from asyncify.transforms.eager.beside import Beside, Readers
from asyncify.transforms.eager.code import read_code
from asyncify.transforms.eager.contents import Contents, is_lookup
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.deleted import Deleted
from asyncify.transforms.eager.detached import Detached
from asyncify.transforms.eager.doubles import Doubles, leave_out_mocked
from asyncify.transforms.eager.emptied import Emptied
from asyncify.transforms.eager.encoded import encoded
from asyncify.transforms.eager.expired import Expired
from asyncify.transforms.eager.expiring import Expiring
from asyncify.transforms.eager.filled import Filled
from asyncify.transforms.eager.given_back import GivenBack
from asyncify.transforms.eager.hidden import Hidden
from asyncify.transforms.eager.late import Late, Spot
from asyncify.transforms.eager.loads import Site, Statements, entities, loaded_classes, plan_statement, static_class
from asyncify.transforms.eager.lookups import plan_lookup
from asyncify.transforms.eager.mapped import loaded_by_mapping
from asyncify.transforms.eager.mappings import plan_mappings
from asyncify.transforms.eager.overtaken import Overtaken
from asyncify.transforms.eager.pages import Pages
from asyncify.transforms.eager.partial import Partial
from asyncify.transforms.eager.reading import SOMEWHERE, Reader, Reading, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.refreshing import Refreshing, because
from asyncify.transforms.eager.repeated import is_loaded_before, is_read_before
from asyncify.transforms.eager.reports import reports
from asyncify.transforms.eager.returning import Returning
from asyncify.transforms.eager.sent_expired import sent_expired
from asyncify.transforms.eager.session_calls import is_construction
from asyncify.transforms.eager.spread import spread
from asyncify.transforms.eager.stand_ins import carry_to_stand_ins
from asyncify.transforms.eager.stored_later import StoredLater
from asyncify.transforms.eager.text_keys import text_keyed
from asyncify.transforms.eager.validation import Validation
from asyncify.transforms.eager.witnessed import Witnessed, add_witnessed, witnessed

_NOWHERE = Span(0, 0, 0, 0)

EMPTIED = frozenset({LoadKind.EXPIRED, LoadKind.FETCHED})


class Planner:
    """Decides where to load what. One for each program.

    In this order: with the refresh that instances pass before they are read; with the statement that loads them,
    unless a request that does not read would then run a statement more; beside the reader.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.routes = routes(program)
        self.statements = Statements(program)
        self.reading = Reading(program, Hidden(program, self.statements.existing))
        self.reach = Reach(program)
        self.pages = Pages(self.reading, self.reach)
        self._read()
        self.doubles = Doubles(program, self.reach)
        self.mocks = mocks = AskedMocks(program, self.reach, self.doubles)
        self.expired = Expired(self.reading, mocks)
        self.created = Created(program, self.reach, self.expired.refreshes)
        keyed = text_keyed(program)
        existing = self.statements.existing
        self.refreshing = Refreshing(self.reading, self.created, self.expired.refreshes, keyed, mocks, existing)
        self.returning = Returning(self.reading, self.created, self.refreshing)
        self._take_in_evidence()
        self.partial = Partial(program, self.reading, self.statements.existing)
        self.contents = Contents(self.reading, self.routes, self.reach)
        self.late = Late(program, self.routes, self.reach, keyed)
        self.detached = Detached(program, self.reach)
        self.deleted = Deleted(program, self.reach)
        autoflush = Autoflush(program, self.reach, self.statements.existing)
        self.overtaken = Overtaken(program, self.reach, autoflush)
        self.emptied = Emptied(self.reading, self.reach, self.created)
        self.stored_later = StoredLater(self.reading, self.created, self.reach, autoflush)
        self.edits: dict[Edit, None] = {}
        self.findings: dict[Finding, None] = {}
        #: who reads what for which there is no place to load it
        self.unplaced: dict[Reader, set[Steps]] = defaultdict(set)
        #: what was decided for each reader, and the columns that their mapping loads
        self.outcomes: dict[tuple[Reader, Steps], Outcome] = {}
        self.mapped: dict[tuple[ClassInfo, str], LoadKind] = {}
        self._reaches = [self.reach.of_route(route) for route in self.routes]
        self.beside = Beside(self.late, self.refreshing)
        self.requests = lru_cache(maxsize=None)(self._requests)

    def _read(self) -> None:
        """Find everything that is read from instances."""
        read_code(self.reading)
        Validation(self.reading, self.routes).read()
        self.pages.read()
        self.reading.close(GivenBack(self.program, self.reach).reader)
        leave_out_mocked(self.program, self.reading)

    def _take_in_evidence(self) -> None:
        """Find what the tests have seen to be read, and what is made with it."""
        mapped = plan_mappings(self.reading)[1]
        self.witnessed = list(witnessed(self.reading, self.routes, self.reach, self.created, self.expired, mapped))
        add_witnessed(self.reading, self.witnessed)
        carry_to_stand_ins(self.program, self.reading)

    def run(self) -> Decisions:
        """All edits and findings."""
        for site, readers in self.reading.paths.items():
            if isinstance(site, (ast.Call, ast.Attribute)):
                self._site(site, self.reading.files[site], readers)
        for edits_of_refresh, paths in self.refreshing.edits(Expiring(self.reading, self.created, self.reach)):
            self._add(edits_of_refresh, paths)
        for place, steps, reader in self.refreshing.upwards:
            for site in made_at(objects(self.program.values(place.name))):
                self._beside(site, steps, reader)
        for steps, reader in Filled(self.reading, self.created, self.refreshing.fillings).emptied():
            self._unknown(steps, reader)
        for edits_of_load, needed in self.beside.edits():
            self._add(edits_of_load, needed)
        edits_of_mappings, self.mapped = plan_mappings(self.reading)
        widened = dict(self.partial.edits())
        self.edits.update(dict.fromkeys([*edits_of_mappings, *self.expired.edits, *widened.values()]))
        for (name, reader), by in self.reading.left_out.items():
            if not by <= widened.keys():
                self._somewhere(name, reader)
        for _, name, reader in self.reading.unknown:
            if not self.late.is_there(reader, name):
                self._somewhere(name, reader)
        for name, reader in self.reading.endless:  # as deep as the tree is
            self._somewhere(name, reader)
        self._run_the_rest()
        self.edits.update(dict.fromkeys([*encoded(self.reading, self.statements.existing), *spread(self.program)]))
        told = (*self.expired.findings, *reports(self.reading, self.pages), *sent_expired(self.program, self.routes))
        self.findings.update(dict.fromkeys(told))
        edits = sorted(self.edits, key=lambda e: (e.path, e.target.span, e.target.place.value))
        findings = sorted(self.findings, key=lambda f: (f.path, f.span or _NOWHERE, f.message))
        return Decisions(tuple(edits), (), tuple(findings))

    def _run_the_rest(self) -> None:
        """Let what only the evidence shows, and nothing above loads, be read in the greenlet."""
        for one in self.witnessed:
            if one.needless or self.loaded_whole(one) is not None:
                continue
            for reader in one.readers:
                if (reader, one.steps) not in self.outcomes:
                    self._unknown(one.steps, reader)
                    self.unplaced[reader.inner or reader].add((*one.steps, SOMEWHERE))

    def loaded_whole(self, one: Witnessed) -> Outcome | None:
        """What loads a column that the evidence shows, for whoever reads it: None where nothing does."""
        key = (one.owner, one.load.attribute) if one.owner is not None else None
        if key is not None and self.mapped.get(key) is one.load.kind:
            return Outcome.MAPPING
        if one.load.kind is LoadKind.DEFERRED:
            left = [site for _, site in one.sites if (site, one.load.attribute) not in self.partial.loaded]
            return Outcome.STATEMENT if one.sites and not left else None
        return self.expired.outcome(one.load) if one.load.kind in EMPTIED else None

    def _add(self, edits: list[Edit] | None, needed: Iterable[tuple[Steps, Reader]]) -> None:
        self.edits.update(dict.fromkeys(edits or ()))
        for steps, reader in needed if edits is None else ():
            self._unknown(steps, reader)

    def _unknown(self, steps: Steps, reader: Reader) -> None:
        self.unplaced[reader.inner or reader].add(steps)
        self.outcomes[reader, steps] = Outcome.GREENLET

    def _somewhere(self, name: str, reader: Reader) -> None:
        """It is not known from which instance on a path begins, or how deep it goes."""
        self._unknown((name,), reader)
        self.unplaced[reader.inner or reader].add((name, SOMEWHERE))

    def _decided(self, reader: Reader, steps: Steps, outcome: Outcome) -> None:
        """Note what was decided; what the greenlet must do for one loading place is what is told of all."""
        if self.outcomes.get((reader, steps)) is not Outcome.GREENLET:
            self.outcomes[reader, steps] = outcome

    # -- one loading place ---------------------------------------------------------------------------

    def _site(self, site: Site, path: str, readers: Readers) -> None:
        at_site: Readers = defaultdict(list)
        for steps, found in readers.items():
            for reader in found:
                if self.created.loads(site, reader, steps):
                    self._grown(self.created.passed(site, reader), steps, reader)
                    continue
                if self.detached.is_read_detached(site, path, reader) or self.deleted.is_gone(site, steps, reader):
                    continue
                refresh = self.created.passed(site, reader)
                if (
                    refresh is not None
                    and self._is_elsewhere(refresh.call, reader)
                    and self._tries(site, refresh.call, steps, reader)
                ):
                    continue
                if (
                    refresh is not None
                    and self.created.reloads(refresh)
                    and not self.reading.shows(site, steps, found)
                    and not self.returning.empties(site, refresh, steps)
                ):
                    for place in (refresh, *self.created.in_branches(site, refresh, reader)):
                        self._refresh(place, steps, reader)
                elif refresh is not None:
                    if not self.created.reloads(refresh) or not self.returning.is_there(site, refresh, steps):
                        self._beside(site, steps, reader)
                elif isinstance(site, ast.Call) and is_construction(self.program, site):
                    self._constructed(site, path, steps, reader)
                elif self.reading.shows(site, steps, found):
                    self._beside(site, steps, reader)
                else:
                    at_site[steps].append(reader)
                    self._refreshed(site, path, steps, reader)
        if at_site:
            self._loaded(site, path, self._shared(site, path, self._lasting(site, path, at_site)))

    def _refreshed(self, site: Site, path: str, steps: Steps, reader: Reader) -> None:
        """Let the refreshes that instances may pass load as well, where another statement may have loaded these first:
        a refresh repeats the options of that one, over existing instances, which a load in its place does not. Source:
        SQLAlchemy, `Session.refresh`, `InstanceState.load_options`."""
        refreshes = [r for r in self.created.refreshes(site) if self.stored_later.leads(r, reader)]
        if not refreshes or not isinstance(site, ast.Call):
            return
        fresh = all(self.contents.fresh(site, entity.info) for entity in entities(self.program, path, site))
        for refresh in refreshes:
            empties = self.returning.empties(site, refresh, steps)
            if fresh and refresh.is_plain and (not empties or self.returning.is_there(site, refresh, steps)):
                self.refreshing.repeats(refresh, steps, reader)
            elif self.created.is_loaded_behind(refresh, steps):
                continue
            elif self.created.reloads(refresh) and not empties:
                self._refresh(refresh, steps, reader)
            else:
                self._unknown(steps, reader)

    def _lasting(self, site: Site, path: str, readers: Readers) -> Readers:
        """What can be loaded with the instances: the rest is written to before it is read."""
        infos = set(loaded_classes(self.program, path, site))
        overtaken, settled = self.overtaken.paths(site, infos, readers)
        left: Readers = {}
        for steps, every in readers.items():
            found = [r for r in every if not any(self.emptied.is_emptied(site, info, steps, r) for info in infos)]
            for reader in every:
                if reader not in found or self.overtaken.grows(site, infos, steps, reader):
                    self._unknown(steps, reader)
            if any(steps[: number + 1] in settled for number in range(len(steps))):
                continue
            if any(steps[: number + 1] in overtaken for number in range(len(steps))):
                for reader in found:
                    if not self.late.is_there(reader, steps[-1]):
                        self._unknown(steps, reader)
            elif not all(is_read_before(self.program, reader, steps) for reader in found):
                left[steps] = found
        return left

    def _refresh(self, place: Refresh, steps: Steps, reader: Reader) -> None:
        info = self.refreshing.stored_class(place)
        if is_read_before(self.program, reader, steps):
            return
        if self.overtaken.by_writes(place.start, info, steps, [reader]):
            if not self.overtaken.by_commits_alone(place.start, info, steps, [reader]):
                self._unknown(steps, reader)
            return
        self.refreshing.add(place, steps, reader)
        self._decided(reader, steps, Outcome.REFRESH)
        self._grown(place, steps, reader)

    def _grown(self, place: Refresh | None, steps: Steps, reader: Reader) -> None:
        if place is not None and self.overtaken.grows(
            place.start, (self.refreshing.stored_class(place),), steps, reader
        ):
            self._unknown(steps, reader)

    def _constructed(self, site: ast.Call, path: str, steps: Steps, reader: Reader) -> None:
        """An instance that is never refreshed: after it was stored nothing of it but columns is loaded."""
        place = self.created.stored(site, path, reader)
        if place is not None:
            if self._is_elsewhere(site, reader) and self._tries(site, site, steps, reader):
                return
            loaded = self.created.is_loaded_behind(place, steps) or is_loaded_before(self.program, reader, steps)
            if not self.created.is_above(place.call, path, reader):  # another function may have stored it before that
                if self.stored_later.may_load(site, steps, reader):
                    self._unknown(steps, reader)
            elif self.stored_later.empties(site, place, reader):
                self._unknown(steps, reader)
            elif not loaded:
                known = self.refreshing.known(place)
                if not commits_expire(self.program) and known.is_behind_plain_commit(self.program):  # the rest is there
                    self._unknown(steps, reader)
                elif self.returning.empties(site, known, steps):
                    if not self.returning.is_there(site, known, steps):
                        self._beside(site, steps, reader)
                else:
                    self._refresh(known, steps, reader)
        elif self.program.function_of(site) is not self.program.function_of(reader.node) and reader.kind != "code":
            self._beside(site, steps, reader)
        elif self.created.is_stored_before(site, path, reader) or self.stored_later.may_load(site, steps, reader):
            self._unknown(steps, reader)

    def _is_elsewhere(self, node: ast.AST, reader: Reader) -> bool:
        """Whether code of another function reads. Rows may have been added in between, which a load right behind the
        commit would miss while a lazy one saw them."""
        return reader.kind == "code" and self.program.function_of(node) is not self.program.function_of(reader.node)

    def _tries(self, site: ast.AST, place: ast.AST, steps: Steps, reader: Reader) -> bool:
        spot = self._free_spot(site, place, steps, reader)
        if spot is not None:
            self._at(spot, steps, reader)
        return spot is not None

    def _beside(self, site: ast.AST, steps: Steps, reader: Reader) -> None:
        spot = self._free_spot(site, site, steps, reader)
        if spot is not None:
            self._at(spot, steps, reader)
        elif not loaded_by_mapping(self.program, site, steps, reader.node):
            self._unknown(steps, reader)

    def _at(self, spot: Spot, steps: Steps, reader: Reader) -> None:
        self._decided(reader, steps, Outcome.BESIDE)
        self.beside.add(spot, steps, reader)

    def _loaded(self, site: Site, path: str, readers: Readers) -> None:
        if not readers:
            return
        why = because({steps: found[0] for steps, found in readers.items()})
        edits: list[Edit] = []
        left: list[Steps] = list(readers)
        refused: list[Steps] = []
        if has(self.program.values(site), names.QUERY, names.SELECT):
            edits, left, refused = plan_statement(self.program, self.statements, site, path, why)
        elif isinstance(site, ast.Call) and is_lookup(self.program, site) and not self.mocks.asks(site, "get"):
            info = static_class(self.program, path, site.args[0])
            fresh = info is not None and self.contents.fresh(site, info)
            options = self.statements.existing.reader
            edits, left, refused = plan_lookup(self.program, options, site, path, why, fresh=fresh)
        self.edits.update(dict.fromkeys(edits))
        for steps in readers.keys() - {*left, *refused}:
            for reader in readers[steps]:
                self._decided(reader, steps, Outcome.STATEMENT)
        for steps in left:
            for reader in readers[steps]:
                self._beside(site, steps, reader)
        for steps in refused:  # loaded by an option or not: only the read knows
            for reader in readers[steps]:
                self._unknown(steps, reader)

    # -- places that serve several requests ----------------------------------------------------------

    def _requests(self, function: FunctionInfo | None) -> frozenset[int]:
        """The routes that may run a function, by number."""
        return frozenset(i for i, reach in enumerate(self._reaches) if function in reach)

    def _shared(self, site: Site, path: str, readers: Readers) -> Readers:
        """What is left for the statement itself, when collections that only some of the requests read are loaded
        beside those readers."""
        served = self.requests(self.program.function_of(site))
        left: Readers = {}
        for first in dict.fromkeys(steps[0] for steps in readers):
            group = {steps: found for steps, found in readers.items() if steps[0] == first}
            counted = {s: f for s, f in group.items() if self.statements.needs_one_more(site, path, s)}
            by = {self.program.function_of(reader.node) for found in counted.values() for reader in found}
            reading = {r for function in by for r in self.requests(function)}
            spots = {}
            if counted and not served <= reading:
                spots = {(s, r): self._free_spot(site, site, s, r) for s, found in group.items() for r in found}
            if not spots:
                left.update(group)
            for (steps, reader), spot in spots.items():
                if spot is not None:
                    self._at(spot, steps, reader)
                elif any(steps[:end] in counted for end in range(1, len(steps) + 1)):
                    self._unknown(steps, reader)
                else:
                    left.setdefault(steps, []).append(reader)
        return left

    def _free_spot(self, site: ast.AST, place: ast.AST, steps: Steps, reader: Reader) -> Spot | None:
        here, there = self.program.function_of(reader.node), self.program.function_of(place)
        return None if self.doubles.between(here, there) else self.late.spot(reader, site, steps)
