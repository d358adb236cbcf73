"""Instances that have to load before they are read: a rollback or `expire()` has emptied them, or a commit has made
what they hold outdated.

A refresh goes before the first statement that reads, where it is sure that the instance is a row and needs it there, or
else behind the commit. What may be expired is read in the greenlet, by the step `flip`, which costs nothing when it is
loaded. Source: SQLAlchemy, "Session Basics", "Rolling Back"; asyncio, "Preventing Implicit IO when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from asyncify.analysis.dotted import is_path
from asyncify.analysis.evaluated import behind, comes_before, gone_through
from asyncify.analysis.expiry import computed
from asyncify.analysis.expiry.changes import Changes
from asyncify.analysis.expiry.committing import Committing
from asyncify.analysis.expiry.events import STORES, commits_expire, flushes_before_queries, is_list, path_text
from asyncify.analysis.expiry.reads import expired_reads
from asyncify.analysis.expiry.uses import ExpiredRead, How, nothing_differs
from asyncify.analysis.primary_keys import primary_key
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import instances, is_session, made_at, objects
from asyncify.model.comparison import Outcome
from asyncify.model.edit import Edit, Finding
from asyncify.model.evidence import ImplicitLoad
from asyncify.model.ops import InsertStatements
from asyncify.model.span import Place, Target
from asyncify.transforms.eager.asked_mocks import AskedMocks
from asyncify.transforms.eager.meanwhile import Meanwhile
from asyncify.transforms.eager.naming import free_local, snake
from asyncify.transforms.eager.persistence import Persistence
from asyncify.transforms.eager.read_names import ReadNames
from asyncify.transforms.eager.reading import Reading
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.session_calls import is_construction, session_call
from asyncify.transforms.eager.sessions import Access, access, held_by, is_at_hand, session_in
from asyncify.transforms.eager.unsynchronized import unsynchronized_edits


class Expired:
    """Decides for each read of such an instance. refreshes: those of whole instances, with the reason for each."""

    def __init__(self, reading: Reading, mocks: AskedMocks) -> None:
        self.program = reading.program
        self._mocks = mocks
        self.reading = reading
        self.refreshes: dict[Refresh, str] = {}
        self.edits: list[Edit] = []
        self._guarded: set[FunctionInfo | None] = set()
        self.findings: list[Finding] = []
        self._left: list[ExpiredRead] = []
        self._changes = Changes(self.program)
        self._flushing = flushes_before_queries(self.program)
        self._names = ReadNames(reading)
        self._persistence = Persistence(self.program)
        self._committing = Committing(self._changes)
        self._meanwhile = Meanwhile(self.program, self._changes, self._committing)
        differs = self._differs if commits_expire(self.program) else nothing_differs
        self._all = [read for read in expired_reads(self.program, differs) if self._is_read(read)]
        attributes: dict[tuple[ast.stmt, str], list[ExpiredRead]] = {}
        self._stored = self._refresh_stored()
        for read in self._all:
            if _key(read) in self._stored:
                continue
            if read.how is How.ASKED:
                self._forget(read)
            elif read.outdated:
                self._outdated(read)
            elif self._is_sure(read):
                if read.whole:
                    self._want(self._refresh(read, before=True), read)
                else:
                    attributes.setdefault((self._statement(read), path_text(read.instance)), []).append(read)
        for (statement, _), reads in attributes.items():
            self._refresh_attributes(statement, reads, "before")
        self.edits.extend(mocks.containers(self._guarded))
        asked = {self._statement(read) for read in self._all if read.how is How.ASKED}
        again = unsynchronized_edits(self.program, self._changes, asked) if commits_expire(self.program) else ()
        for item in again:
            (self.edits if isinstance(item, Edit) else self.findings).append(item)  # type: ignore[arg-type]

    def _statement(self, read: ExpiredRead) -> ast.stmt:
        return read.function.source.statement(read.node)

    def _is_read(self, read: ExpiredRead) -> bool:
        """Whether somebody reads the one attribute of an instance that is handed on, for which it would be loaded."""
        if read.how is not How.HANDED or not read.attribute:
            return True
        values = self.program.values(read.instance)
        found = (*objects(values), *objects(self.reading.elements(values)))
        return any(read.attribute in self._names.columns[value.info] for value in found)

    # -- what may be read without a load -------------------------------------------------------------

    def _differs(self, read: ExpiredRead) -> bool:
        """Whether a commit has made outdated what is read: a sync session would read another value than is there."""
        changes = self._changes.before(read.function, read.node.lineno, self._meanwhile.set_since(read))
        found = list(instances(self.program.values(read.instance)))
        return any(
            self._changes.outdates(changes, value.info, name)
            for value in found
            for name in ([read.attribute] if read.attribute else self._names.of(value, read))
        ) or any(self._changes.outdates(changes, *pair) for value in found for pair in self._names.below(value, read))

    # -- refreshes -----------------------------------------------------------------------------------

    def _is_sure(self, read: ExpiredRead) -> bool:
        """Whether every run that comes to the statement needs a refresh before it, and can have it."""
        if not read.mark.certain or not read.always or read.how is How.HANDED or self._is_elif(read):
            return False
        return self._session(read) is not None and self._has_one_session(read) and self._persistence.is_row(read)

    def _want(self, refresh: Refresh, read: ExpiredRead) -> None:
        """Keep a refresh, unless another read has the same at the same place."""
        beside = (one for one in self.refreshes if one.call is refresh.call and one.before is refresh.before)
        same = (one for one in beside if path_text(one.name) == path_text(refresh.name))
        if not any(replace(one, name=refresh.name) == refresh for one in same):
            self.refreshes[refresh] = _because(read)

    def _refresh(self, read: ExpiredRead, *, before: bool) -> Refresh:
        assert read.mark.event is not None
        statement = self._statement(read) if before else None
        path, guard, session = read.function.path, self._guard(read), self._session(read)
        pending = self._may_have_changes(read)
        meanwhile = self._meanwhile.is_changed(read) or self._meanwhile.is_changed_there(read)
        changed = before and self._flushing and meanwhile
        there = " and ".join(self._there(read))
        event, each = read.mark.event, self._each(read)
        return Refresh(
            path, event, read.instance, before, None, statement, session, guard, there, pending, changed, each
        )

    def _each(self, read: ExpiredRead) -> str:
        """The name for one instance of a list, in the loop that loads them all again; empty where there is but one."""
        if not is_list(self.program, read.instance):
            return ""
        info = next(instances(self.program.values(read.instance))).info
        return free_local(read.function, snake(info.name))

    def _name(self, read: ExpiredRead) -> str:
        """How the instance is written where it is loaded again."""
        return self._each(read) or read.function.source.segment(read.instance)

    def _guard(self, read: ExpiredRead) -> str:
        """A condition without which there is nothing to refresh: after a commit it has no pending changes."""
        session, name = self._session(read), self._name(read)
        conditions = self._there(read)
        if session is not None and self._may_have_changes(read):
            conditions.append(f"{name} not in {session.name}.dirty")
            self._guarded.add(read.function)
        return " and ".join(conditions)

    def _there(self, read: ExpiredRead) -> list[str]:
        """What must be true of an instance of which less is known: that there is one, and that it is of the session,
        as no mock of a test is."""
        session, name = self._session(read), self._name(read)
        conditions = [] if self._persistence.is_there(read) else [f"{name} is not None"]
        double = self._mocks.may_be_a_double(read.function, read.instance)
        foreign = double or not self._persistence.is_row(read) or self._meanwhile.may_be_gone(read)
        if session is not None and foreign:
            conditions.append(session.holds(name))
            self._guarded.add(read.function)
        return conditions

    def _may_have_changes(self, read: ExpiredRead) -> bool:
        """Whether a refresh might throw away what waits to be flushed, where nothing flushes before it: the function
        that commits may not have done so this time, or the instance was changed since."""
        event = read.mark.event
        if self._flushing or event is None:
            return False
        emptied = session_call(self.program, event, *STORES, "rollback", "expire", "expire_all")
        flushed = emptied is not None or self._committing.is_last(event)
        return not flushed or (emptied is not None and len(event.args) > 1) or self._meanwhile.is_changed(read)

    def _outdated(self, read: ExpiredRead) -> None:
        usable = self._session(read) is not None and self._has_one_session(read) and self._persistence.is_one(read)
        inner = gone_through(read.function.source, read.node, path_text(read.instance)) is not None
        here = read.mark.certain and (read.always or read.how is How.HANDED) and not self._is_elif(read) and not inner
        if not here and self._is_refreshed(read):
            return
        if usable and (here or self._persistence.is_bound(read)):
            self._want(self._refresh(read, before=here), read)
        else:
            self._report(read)

    def _is_refreshed(self, read: ExpiredRead) -> bool:
        """Whether the code itself refreshes an instance right behind what has made it outdated."""
        source, event = read.function.source, read.mark.event
        following = next(iter(behind(source, source.statement(event))), None) if event is not None else None
        call = session_call(self.program, following.value, "refresh") if isinstance(following, ast.Expr) else None
        return call is not None and bool(call.args) and ast.unparse(call.args[0]) == path_text(read.instance)

    def _forget(self, read: ExpiredRead) -> None:
        """`expire()` before a statement that may load the same row: it fills what is expired, and nothing else."""
        session = self._session(read)
        if not self._persistence.is_bound(read) or self._persistence.is_missing(read):
            return  # what has no name yet is no instance that the session holds, and neither is None
        known = self._persistence.is_one(read) and self._persistence.is_bound_before(read)
        if session is None or not self._has_one_session(read) or not known:
            self._report(read)
            return
        source, statement = read.function.source, self._statement(read)
        name = source.segment(read.instance)
        if self._is_read_by(read) or self._meanwhile.has_other_names(read) or self._has_paths(read):
            self._want(self._refresh(read, before=True), read)
            return
        text, guard = f"{session.name}.expire({name})\n", self._guard(read)
        text = f"if {guard}:\n    {text}" if guard else text
        target = Target(source.span(statement), Place.STATEMENT)
        op = InsertStatements(text, "before")
        self.edits.append(Edit("eager", read.function.path, target, op, because=_because(read)))

    def _has_paths(self, read: ExpiredRead) -> bool:
        """Whether relationships of the instance are read further down, or in other functions: they are gone with the
        columns, and a refresh loads them."""
        sites = made_at(objects(self.program.values(read.instance)), directly=True)
        readers = (r for site in sites for found in self.reading.paths.get(site, {}).values() for r in found)
        return any(
            self.program.function_of(reader.node) is not read.function
            or getattr(reader.node, "lineno", 0) > read.node.lineno
            for reader in readers
        )

    def _is_read_by(self, read: ExpiredRead) -> bool:
        """Whether the statement that asks again reads the instance itself: `.where(User.id == user.id)`."""
        name = path_text(read.instance)
        attributes = (node.value for node in ast.walk(read.node) if isinstance(node, ast.Attribute))
        return any(is_path(owner) and path_text(owner) == name for owner in attributes)

    def _refresh_stored(self) -> set[tuple[FunctionInfo, str, str, ast.Call | None]]:
        """What the database has computed of instances that are handed on: loaded behind what has stored it."""
        found: dict[tuple[ast.stmt, str], list[ExpiredRead]] = {}
        for read in self._all:
            if read.how is How.HANDED and not read.whole and self._is_stored_once(read):
                assert read.mark.event is not None
                statement = read.function.source.statement(read.mark.event)
                found.setdefault((statement, path_text(read.instance)), []).append(read)
        for (statement, _), reads in found.items():
            self._refresh_attributes(statement, reads, "after")
        return {_key(read) for reads in found.values() for read in reads}

    def _is_stored_once(self, read: ExpiredRead) -> bool:
        """Whether an attribute that somebody reads was set on every way to what has stored it, of what is a row then,
        and no mock."""
        event, source, name = read.mark.event, read.function.source, path_text(read.instance)
        values = objects(self.program.values(read.instance))
        if event is None or not any(read.attribute in self._names.of(value) for value in values):
            return False
        made = (n for n in read.function.nodes if isinstance(n, ast.Assign) and comes_before(source, n, event))
        set_before = any(read.attribute in computed.set_by(self.program, read.function, n, name) for n in made)
        alone = set_before and self._persistence.is_bound(read) and self._has_one_session(read)
        double = self._mocks.may_be_a_double(read.function, read.instance)
        row = self._persistence.is_row(replace(read, outdated=True)) and not double
        return alone and row and self._session(read) is not None

    def _refresh_attributes(self, statement: ast.stmt, reads: list[ExpiredRead], where: str) -> None:
        first = reads[0]
        session = self._session(first)
        if session is not None:
            source = first.function.source
            names = ", ".join(f'"{name}"' for name in dict.fromkeys(read.attribute for read in reads))
            text = session.run(f"refresh({source.segment(first.instance)}, [{names}])") + "\n"
            target = Target(source.span(statement), Place.STATEMENT)
            op = InsertStatements(text, where)
            self.edits.append(Edit("eager", first.function.path, target, op, because=_because(first)))

    def _session(self, read: ExpiredRead) -> Access | None:
        """The session that was told to expire, or that was handed to the function that did."""
        event, source = read.mark.event, read.function.source
        if event is None:
            return None
        base = event.func.value if isinstance(event.func, ast.Attribute) else None
        if base is None or not is_session(self.program.values(base)):
            near = session_in(self.program, read.function, self._statement(read))
            if near is not None or base is None or self._persistence.is_new(read):
                return near
            return held_by(self.program, read.function, base)
        waits = isinstance(source.parent(event), ast.Await)
        session = access(self.program.values(base), source.segment(base), read.function, is_async=waits)
        return session if session is not None and session.waits is waits else None

    def _is_elif(self, read: ExpiredRead) -> bool:
        statement = self._statement(read)
        outer = read.function.source.parent(statement)
        return isinstance(statement, ast.If) and isinstance(outer, ast.If) and statement in outer.orelse

    def _has_one_session(self, read: ExpiredRead) -> bool:
        found = {
            path_text(node)
            for node in read.function.nodes
            if isinstance(node, (ast.Name, ast.Attribute)) and is_session(self.program.values(node))
        }
        if not found and (session := self._session(read)) is not None:
            found = {session.name.partition(".")[0]}  # an object that holds one
        return len(found) == 1 and is_at_hand(read.function, found.pop(), self._statement(read), read.instance)

    def _report(self, read: ExpiredRead) -> None:
        self._left.append(read)
        name = path_text(read.instance)
        what = f"{name}.{read.attribute}" if read.attribute else name
        message = f"{what} is read after {read.mark.cause} that may have changed it, and keeps what it had"
        advice = f"refresh {name} behind the commit"
        span = read.function.source.span(read.node)
        self.findings.append(Finding("eager", read.function.path, span, "eager-outdated", message, advice))

    # -- reads in the greenlet -----------------------------------------------------------------------

    def outcome(self, load: ImplicitLoad) -> Outcome | None:
        """What is done for a read that the tests have shown, where it is one of these."""
        for read in self._all:
            source = read.function.source
            counts = read.how is not How.ASKED and not read.outdated
            if counts and load.read is not None and load.read.path == read.function.path:
                span = source.span(source.statement(read.node))
                same = read.attribute in ("", load.attribute)
                if same and span.line <= load.read.line <= span.end_line:
                    return Outcome.REFRESH if self._is_sure(read) else Outcome.GREENLET
        return None

    def unloaded(self) -> Iterator[Unloaded]:
        """The places that read in the greenlet: all for which the step before has written nothing."""
        for read in self._all:
            source = read.function.source
            outer = source.parent(read.node)
            called = isinstance(outer, ast.Call) and outer.func is read.node
            what = f"{path_text(read.instance)} after {read.mark.cause}"
            if read.outdated or _key(read) in self._stored:
                continue
            if read.how is How.CHANGED:
                yield Unloaded(read.function.path, read.node, Reads.WRITE, what)
            elif read.how is How.HANDED or called:
                yield self._touched(read, self._column(read))
            else:
                yield Unloaded(read.function.path, read.node, Reads.ATTRIBUTE, what)

        for read in self._left:
            for name in self._never_loaded(read):
                yield self._touched(read, name)

    def _touched(self, read: ExpiredRead, name: str) -> Unloaded:
        what = f"{path_text(read.instance)} after {read.mark.cause}"
        there = bool(read.attribute or read.outdated) and self._persistence.is_there(read)
        many = is_list(self.program, read.instance)
        return Unloaded(read.function.path, read.instance, Reads.TOUCH, what, attribute=name, there=there, many=many)

    def _never_loaded(self, read: ExpiredRead) -> list[str]:
        """What the mapping computes, and is read of an instance that was made and not loaded since."""
        made = (
            value.info
            for value in objects(self.program.values(read.instance))
            if value.origin is not None
            and not value.origin.steps
            and isinstance(value.origin.site, ast.Call)
            and is_construction(self.program, value.origin.site)
        )
        return sorted({name for info in made for name in self._changes.computed(info) & self._names.columns[info]})[:1]

    def _column(self, read: ExpiredRead) -> str:
        """A column of the instance: reading one loads all that are expired."""
        if read.attribute and not read.whole:
            return read.attribute
        info = next(objects(self.program.values(read.instance))).info
        return next(iter((*primary_key(self.program, info), *sorted(self.program.orm.columns(info)))), "")


def _key(read: ExpiredRead) -> tuple[FunctionInfo, str, str, ast.Call | None]:
    """What one statement loads for all that read the same attribute behind the same call."""
    return read.function, path_text(read.instance), read.attribute if not read.whole else "*", read.mark.event


def _because(read: ExpiredRead) -> str:
    name = path_text(read.instance)
    if read.how is How.ASKED:
        return f"a statement after {read.mark.cause} gives {name} again, and leaves what is loaded as it is"
    if read.outdated:
        return f"{name} is read after {read.mark.cause}, which a session that expires nothing does not load by itself"
    return f"{name} is read after {read.mark.cause}, and loads itself then"
