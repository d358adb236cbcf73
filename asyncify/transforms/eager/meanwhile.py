"""What happens to an instance between what has expired it, or made it outdated, and a read."""

from __future__ import annotations

import ast
from collections.abc import Collection

from asyncify.analysis.cascades import deleted_along, orphans
from asyncify.analysis.dotted import is_path
from asyncify.analysis.expiry.afterwards import is_repeated
from asyncify.analysis.expiry.changes import Change, Changes
from asyncify.analysis.expiry.committing import Committing
from asyncify.analysis.expiry.events import path_text
from asyncify.analysis.expiry.uses import ExpiredRead
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import has, instances, made_at, objects
from asyncify.knowledge import names


class Meanwhile:
    """Answers for the reads of a program."""

    def __init__(self, program: Program, changes: Changes, committing: Committing) -> None:
        self._program = program
        self._changes = changes
        self._committing = committing

    def set_since(self, read: ExpiredRead) -> frozenset[ast.AST]:
        """What sets attributes of the instance itself behind the commit: it has not been made outdated by that."""
        event, source = read.mark.event, read.function.source
        if event is None or is_repeated(read.function, read.node):
            return frozenset()
        written = (n for n in read.function.nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
        name = path_text(read.instance)
        return frozenset(
            source.statement(node)
            for node in written
            if node.lineno > event.lineno and is_path(node.value) and path_text(node.value) == name
        )

    def is_changed(self, read: ExpiredRead) -> bool:
        """Whether such an instance is changed between what has expired it and the read, there or in what is called."""
        first = read.mark.event.lineno if read.mark.event is not None else read.node.lineno
        infos = {value.info for value in instances(self._program.values(read.instance))}
        between = range(first + 1, read.node.lineno)
        own = (change for node, change in self._changes.own(read.function) if node.lineno in between)
        called = {info for call, info in self._changes.callees(read.function) if call.lineno in between}
        return any(change.info in infos for change in own) or self._is_changed_by(called, infos)

    def is_changed_there(self, read: ExpiredRead) -> bool:
        """Whether the function that has committed may have changed such an instance behind that."""
        event = read.mark.event
        if event is None or self._committing.is_last(event):
            return False
        infos = {value.info for value in instances(self._program.values(read.instance))}
        return self._is_changed_by({called.info for called in self._program.calls(event)}, infos)

    def _is_changed_by(self, functions: Collection[FunctionInfo], infos: Collection[ClassInfo]) -> bool:
        """Whether some functions may change instances of some classes that are there already."""
        reached = (change for function in functions for change in self._changes.reached(function))
        return any(change.info in infos and not change.made for change in reached)

    def has_other_names(self, read: ExpiredRead) -> bool:
        """Whether an instance is used under another name further down, `same = check(user)`, where nobody would know
        that it is expired."""
        name, sites = path_text(read.instance), set(self._origins(read.instance))
        paths = (n for n in read.function.nodes if isinstance(n, (ast.Name, ast.Attribute)) and is_path(n))
        later = (n for n in paths if n.lineno > read.node.lineno and path_text(n).partition(".")[0] != name)
        return any(not sites.isdisjoint(self._origins(node)) for node in later)

    def _origins(self, node: ast.expr) -> list[ast.AST]:
        return made_at(objects(self._program.values(node)), directly=True)

    def may_be_gone(self, read: ExpiredRead) -> bool:
        """Whether such an instance may be deleted by then, and no more of the session."""
        found = [value.info for value in instances(self._program.values(read.instance))]
        changes = self._changes.before(read.function, read.node.lineno)
        along = {info for change in changes for info in self._gone_with(change)}
        if any(self._program.classes.are_kin(info, one) for info in found for one in along):
            return True
        return self._requests(read) and any(self._changes.deletes(info) for info in found)

    def _gone_with(self, change: Change) -> frozenset[ClassInfo]:
        """The classes of what a change deletes beside the instance itself."""
        if change.info is None or change.made:
            return frozenset()
        if change.deletes:
            return deleted_along(self._program.orm, change.info)
        takes_out = (change.same or change.replaced) and bool(change.attribute)
        orphan = orphans(self._program.orm, change.info, change.attribute) if takes_out else None
        return frozenset() if orphan is None else frozenset({orphan})

    def _requests(self, read: ExpiredRead) -> bool:
        """Whether a request of a test has the app at work in between: the session of the test may be the one that
        deletes."""
        function, event = read.function, read.mark.event
        first = event.lineno if event is not None else 0
        return any(
            isinstance(node, ast.Attribute)
            and first < node.lineno <= read.node.lineno
            and has(self._program.values(node.value), names.TEST_CLIENT)
            for node in function.nodes
        )
