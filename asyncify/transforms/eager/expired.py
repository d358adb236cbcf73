"""Instances that a rollback or `expire()` has emptied, and that are read afterwards.

A refresh goes before the first statement that reads, where it is sure that the instance is a row and is expired there.
Everywhere else the attribute is read in the greenlet, by the step `flip`, which costs nothing when it is loaded.
Source: SQLAlchemy, "Session Basics", "Rolling Back"; asyncio, "Preventing Implicit IO when Using AsyncSession".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.expiry.flow import ExpiredRead, How
from asyncify.analysis.expiry.reads import expired_reads
from asyncify.analysis.program import Program
from asyncify.analysis.unloaded import Reads, Unloaded
from asyncify.analysis.values import objects
from asyncify.model.edit import Edit
from asyncify.model.ops import InsertStatements
from asyncify.model.span import Place, Target
from asyncify.transforms.eager.created import Refresh, is_construction
from asyncify.transforms.eager.lookups import primary_key
from asyncify.transforms.eager.sessions import access, is_session


class Expired:
    """Decides for each read of an expired instance. refreshes: what `eager` writes; others: what `flip` has to do."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.refreshes: dict[Refresh, str] = {}
        self.others: list[ExpiredRead] = []
        self._all = expired_reads(program)
        self._attributes: dict[tuple[ast.stmt, str], tuple[Refresh, list[ExpiredRead]]] = {}
        for read in self._all:
            refresh = self._refresh(read)
            if refresh is None or refresh.before is None:
                self.others.append(read)
            elif read.whole:
                self.refreshes.setdefault(refresh, self._because(read))
            else:
                self._attributes.setdefault((refresh.before, path_text(read.instance)), (refresh, []))[1].append(read)

    def _because(self, read: ExpiredRead) -> str:
        return f"{path_text(read.instance)} is read after {read.mark.cause}, and loads itself then"

    def _refresh(self, read: ExpiredRead) -> Refresh | None:
        event = read.mark.event
        source = read.function.source
        statement = source.statement(read.node)
        sure = read.mark.certain and read.always and read.how is not How.HANDED
        if not sure or event is None or not isinstance(event.func, ast.Attribute) or self._is_elif(read, statement):
            return None
        if not is_session(self.program.values(event.func.value)) or len(set(self._sessions(read))) != 1:
            return None
        if not self._is_row(read.instance):
            return None
        return Refresh(read.function.path, event, read.instance, True, None, statement)

    def _is_elif(self, read: ExpiredRead, statement: ast.stmt) -> bool:
        outer = read.function.source.parent(statement)
        return isinstance(statement, ast.If) and isinstance(outer, ast.If) and statement in outer.orelse

    def _sessions(self, read: ExpiredRead) -> Iterator[str]:
        """How the sessions of a function are written."""
        for node in read.function.nodes:
            if isinstance(node, (ast.Name, ast.Attribute)) and is_session(self.program.values(node)):
                yield path_text(node)

    def _is_row(self, instance: ast.expr) -> bool:
        """Whether an instance was loaded: one that was made and never stored is none that can be refreshed."""
        found = list(objects(self.program.values(instance)))
        return bool(found) and all(
            o.origin is not None
            and not (isinstance(o.origin.site, ast.Call) and is_construction(self.program, o.origin.site))
            for o in found
        )

    def edits(self) -> Iterator[Edit]:
        """Refreshes of single attributes."""
        for (statement, path), (refresh, reads) in self._attributes.items():
            source = reads[0].function.source
            base = refresh.call.func.value  # type: ignore[attr-defined]
            waits = isinstance(source.parent(refresh.call), ast.Await)
            session = access(self.program.values(base), source.segment(base), reads[0].function, is_async=waits)
            names = ", ".join(f'"{name}"' for name in dict.fromkeys(read.attribute for read in reads))
            if session is None or session.waits is not (waits or reads[0].function.is_async):
                self.others.extend(reads)
                continue
            text = session.run(f"refresh({source.segment(refresh.name)}, [{names}])") + "\n"
            target = Target(source.span(statement), Place.STATEMENT)
            op = InsertStatements(text, "before")
            yield Edit("eager", refresh.path, target, op, because=self._because(reads[0]))

    def unloaded(self) -> Iterator[Unloaded]:
        """The places that read in the greenlet: all for which the step before has written nothing."""
        for read in self._all:
            source = read.function.source
            outer = source.parent(read.node)
            called = isinstance(outer, ast.Call) and outer.func is read.node
            what = f"{path_text(read.instance)} after {read.mark.cause}"
            if read.how is How.CHANGED:
                yield Unloaded(read.function.path, read.node, Reads.WRITE, what)
            elif read.how is How.HANDED or called:
                yield Unloaded(read.function.path, read.instance, Reads.TOUCH, what, attribute=self._key(read))
            else:
                yield Unloaded(read.function.path, read.node, Reads.ATTRIBUTE, what)

    def _key(self, read: ExpiredRead) -> str:
        """A column of the instance: reading one loads all that are expired."""
        info = next(objects(self.program.values(read.instance))).info
        return next(iter((*primary_key(self.program, info), *sorted(self.program.orm.columns(info)))), "")
