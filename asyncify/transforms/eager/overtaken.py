"""Whether rows are written between the place where instances are loaded and one that reads a relationship of them.

A lazy load sees what is in the database by then; one together with the instances does not.
Source: SQLAlchemy, "Relationship Loading Techniques", "Lazy Loading"; "Session Basics", "Flushing".
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from functools import cache

from asyncify.analysis.association_rows import association_classes
from asyncify.analysis.cascades import ORPHANS, cascade_words
from asyncify.analysis.evaluated import comes_before, is_always_evaluated
from asyncify.analysis.expiry.changes import ANYTHING, Change, Changes
from asyncify.analysis.expiry.events import commits_expire, flushes_before_queries
from asyncify.analysis.expiry.ways import Ways, Written
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import ClassInfo
from asyncify.transforms.eager.autoflush import Autoflush
from asyncify.transforms.eager.reading import Reader, Steps


class Overtaken:
    """Decides it for pairs of places."""

    def __init__(self, program: Program, reach: Reach, autoflush: Autoflush) -> None:
        self.program = program
        self._autoflush = autoflush
        self._changes = Changes(program)
        self._between = cache(Ways(program, reach, expire=commits_expire(program)).between)
        self._migrated = any("AsyncSession" in module.source.text for module in program.modules.values())
        self._committed = cache(Ways(program, reach, expire=True).between)
        self._kept = cache(Ways(program, reach, expire=False).between)
        self._is_of_orphans = cache(self._find_is_of_orphans)
        self._flushing = flushes_before_queries(program)
        self._through = cache(lambda relationship: tuple(association_classes(program, relationship)))

    def by_writes(self, place: ast.AST, info: ClassInfo, steps: Steps, readers: list[Reader]) -> bool:
        """Whether what a place loads for a path may be something else by the time of one of the readers, and was not
        read before in any case. A place that is a statement stands for what is written before that."""
        if isinstance(place, ast.stmt) and self._sends(place, info, steps):
            return True
        return self._comes_late(place, readers, [r for r in readers if self._differs(place, info, steps, r)])

    def _comes_late(self, place: ast.AST, readers: list[Reader], late: list[Reader]) -> bool:
        """Whether one of those that would find something else is not read before in any case."""
        return any(not any(self._reads_first(one, reader, place) for one in readers) for reader in late)

    def by_commits_alone(self, place: ast.AST, info: ClassInfo, steps: Steps, readers: list[Reader]) -> bool:
        """Whether async code has what is needed already: its commits expire nothing, while those of the sync code may
        have done so, and that was decided by then."""
        if not self._migrated or not self.by_writes(place, info, steps, readers):
            return False
        if isinstance(place, ast.stmt) and self._sends(place, info, steps):
            return False
        late = [r for r in readers if self._differs(place, info, steps, r, self._committed(place, r.node))]
        return not self._comes_late(place, readers, late)

    def paths(
        self, place: ast.AST, infos: Collection[ClassInfo], readers: Mapping[Steps, list[Reader]]
    ) -> tuple[set[Steps], set[Steps]]:
        """The paths that are overtaken by writes, and those of them that are by commits alone."""
        found = {s for s, every in readers.items() if any(self.by_writes(place, i, s, every) for i in infos)}
        alone = {s for s in found if any(self.by_commits_alone(place, i, s, readers[s]) for i in infos)}
        return found, alone

    def grows(self, place: ast.AST, infos: Collection[ClassInfo], steps: Steps, reader: Reader) -> bool:
        """Whether an instance on a path may have been made or put there behind a place: nothing has loaded what is read
        of that."""
        written = self._kept(place, reader.node) if len(steps) > 1 else Written()
        changes = written.sent | written.waiting
        made = {c.info for c in changes if not (c.attribute or c.behind or c.deletes)}
        put = [c for c in changes if c.attribute and not (c.same or c.made)]
        owners: set[ClassInfo | None] = set(infos)
        for name in steps[:-1]:
            ends = {self.program.orm.end_of(owner, (name,)) for owner in owners if owner is not None} - {None}
            if any(self._kin(one, end) for end in ends for one in made):
                return True
            if any(self._puts(change, owner, end) for change in put for owner in owners for end in ends):
                return True
            owners = ends
        return False

    def _puts(self, change: Change, owner: ClassInfo | None, end: ClassInfo | None) -> bool:
        """Whether a change puts instances into a relationship between two classes, from one side or the other."""
        relationship = self.program.orm.relationship(change.info, change.attribute) if change.info is not None else None
        if relationship is None or relationship.target is None:
            return False
        sides = ((change.info, relationship.target), (relationship.target, change.info))
        return any(self._kin(one, owner) and self._kin(other, end) for one, other in sides)

    def _differs(
        self, place: ast.AST, info: ClassInfo, steps: Steps, reader: Reader, written: Written | None = None
    ) -> bool:
        if self._autoflush.is_needed(place, info, steps, reader):
            return True
        if self._orphans(place, info, steps, reader):
            return True
        written = self._between(place, reader.node) if written is None else written
        if not written.sent and not written.waiting:
            return False
        owners = (self.program.orm.end_of(info, steps[:number]) for number in range(len(steps)))
        return any(
            self._alters(written, owner, name) for owner, name in zip(owners, steps, strict=True) if owner is not None
        )

    def _sends(self, statement: ast.stmt, info: ClassInfo, steps: Steps) -> bool:
        """Whether a statement itself, or what it calls, changes rows behind the back of instances so that a path leads
        elsewhere."""
        function = self.program.function_of(statement)
        if function is None:
            return False
        inside = set(ast.walk(statement))
        found = {change for node, change in self._changes.own(function) if node in inside}
        for called in {called for node, called in self._changes.callees(function) if node in inside}:
            found |= self._changes.reached(called)
        written = Written(frozenset(change for change in found if change.behind))
        owners = (self.program.orm.end_of(info, steps[:number]) for number in range(len(steps)))
        return any(self._alters(written, o, name) for o, name in zip(owners, steps, strict=True) if o is not None)

    def _orphans(self, place: ast.AST, info: ClassInfo, steps: Steps, reader: Reader) -> bool:
        """Whether a single object on a path is set in between, the other side of which deletes what it loses: of one
        that is loaded it loses the instance, and a row that was kept would go. Source: SQLAlchemy "Cascades",
        "delete-orphan"."""
        owners = [(self.program.orm.end_of(info, steps[:number]), name) for number, name in enumerate(steps)]
        risky = [(o, name) for o, name in owners if o is not None and self._is_of_orphans(o, name)]
        written = self._kept(place, reader.node) if risky else Written()
        changes = [c for c in written.sent | written.waiting if not c.made]
        return any(c.attribute == name and self._kin(c.info, owner) for owner, name in risky for c in changes)

    def _find_is_of_orphans(self, owner: ClassInfo, name: str) -> bool:
        """Whether the other side of a single object deletes orphans."""
        orm = self.program.orm
        relationship = orm.relationship(owner, name)
        if relationship is None or relationship.collection or relationship.target is None:
            return False
        others = orm.relationships(relationship.target).values()
        return any(self._kin(r.target, owner) and ORPHANS in cascade_words(r) for r in others)

    def _reads_first(self, first: Reader, second: Reader, place: ast.AST) -> bool:
        """Whether a reader always reads, in the function of a place, before another one can, and before any write."""
        function = self.program.function_of(place)
        if function is None or first is second or self.program.function_of(first.node) is not function:
            return False
        if second.path != function.path:
            return False
        source, written = function.source, self._between(place, first.node)
        quiet = not written.sent and not written.waiting
        return quiet and is_always_evaluated(source, first.node) and comes_before(source, first.node, second.node)

    def _alters(self, written: Written, info: ClassInfo, name: str) -> bool:
        """Whether a lazy load of a relationship gives something else after changes than before."""
        relationship = self.program.orm.relationship(info, name)
        if relationship is None:
            return False
        target = relationship.target
        sent = written.sent | written.waiting if self._flushing else written.sent
        ends = (target, *self._through(relationship))
        if any(change.behind and self._kin(change.info, end) for change in sent for end in ends):
            return True
        if relationship.collection or not relationship.holds_key:
            written_rows = [c for c in sent if c.deletes or self._sets_key(c)]
            return any(self._kin(c.info, end) for c in written_rows for end in ends)
        # one object is found by the key that the instance has in memory
        changed = (c for c in sent | written.waiting if not c.deletes and self._kin(c.info, info))
        return any(change.behind or (self._sets_key(change) and not change.made) for change in changed)

    def _sets_key(self, change: Change) -> bool:
        if change.behind or change.deletes or change.info is None:
            return False
        return change.attribute == ANYTHING or change.attribute in self.program.orm.foreign_keys(change.info)

    def _kin(self, one: ClassInfo | None, other: ClassInfo | None) -> bool:
        """Whether instances of one class may be of another. None: it is not known which."""
        return one is None or other is None or self.program.classes.are_kin(one, other)
