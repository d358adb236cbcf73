"""What is sure of an instance where a refresh would go: that it is a row, is there at all, and has its name."""

from __future__ import annotations

import ast

from asyncify.analysis.dotted import is_path
from asyncify.analysis.evaluated import comes_before, is_always_evaluated
from asyncify.analysis.expiry.events import is_list, path_text
from asyncify.analysis.expiry.uses import ExpiredRead, How
from asyncify.analysis.nodes import below
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import instances, objects
from asyncify.transforms.eager.given_none import GivenNone, bindings
from asyncify.transforms.eager.session_calls import is_construction, session_call

#: methods of a session that take an instance in. Source: SQLAlchemy "Session API"
TAKES_IN = frozenset({"add", "add_all", "merge"})


class Persistence:
    """Answers for the reads of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._none = GivenNone(program)

    def is_row(self, read: ExpiredRead) -> bool:
        """Whether an instance, of one class, was loaded, or made and handed to a session: nothing else can be
        refreshed."""
        found = list(instances(self.program.values(read.instance)))
        if len({o.info for o in found}) != 1 or any(o.origin is None for o in found):
            return False
        made = [o.origin.site for o in found if o.origin is not None and self._is_made(o.origin.site)]
        return not made or (read.outdated and (self._is_taken_in(read) or all(map(self._is_stored_there, made))))

    def is_one(self, read: ExpiredRead) -> bool:
        """Whether it is known of which class an instance is."""
        return len({o.info for o in instances(self.program.values(read.instance))}) == 1

    def is_new(self, read: ExpiredRead) -> bool:
        """Whether an instance may be one that the program makes: it has what it was given."""
        found = instances(self.program.values(read.instance))
        return any(o.origin is not None and self._is_made(o.origin.site) for o in found)

    def _is_made(self, site: ast.AST) -> bool:
        return isinstance(site, ast.Call) and is_construction(self.program, site)

    def _is_taken_in(self, read: ExpiredRead) -> bool:
        name = path_text(read.instance)
        for target in bindings(read.function, name):
            value = getattr(read.function.source.statement(target), "value", None)
            value = value.value if isinstance(value, ast.Await) else value
            if value is not None and session_call(self.program, value, "merge") is not None:
                return True
        return self._takes_in(read.function, name, read.node.lineno)

    def _is_stored_there(self, site: ast.AST) -> bool:
        """Whether the function that makes an instance hands it to a session as well."""
        function = self.program.function_of(site)
        statement = function.source.statement(site) if function is not None else None
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if function is None or not isinstance(target, ast.Name):
            return False
        return self._takes_in(function, target.id, function.node.end_lineno or 0)

    def _takes_in(self, function: FunctionInfo, name: str, line: int) -> bool:
        return any(
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") in TAKES_IN
            and node.lineno <= line
            and any(isinstance(part, ast.Name) and part.id == name for a in node.args for part in below(a))
            for node in function.nodes
        )

    def is_there(self, read: ExpiredRead) -> bool:
        """Whether an instance cannot be None: it is used on the way, it was just made, or who had none left."""
        if (read.how in (How.READ, How.CHANGED) and read.always) or is_list(self.program, read.instance):
            return True
        found = list(objects(self.program.values(read.instance)))
        if found and all(o.origin is not None and self._is_made(o.origin.site) for o in found):
            if not self._none.may_be(read.function, path_text(read.instance)):
                return True
        if self._has_left(read, there=False):
            return True
        source, name = read.function.source, path_text(read.instance)
        return any(
            isinstance(node, ast.Attribute)
            and is_path(node.value)
            and path_text(node.value) == name
            and node.lineno < read.node.lineno
            and comes_before(source, node, read.node)
            and is_always_evaluated(source, node)  # not so behind `user and user.name == name`
            for node in read.function.nodes
        )

    def is_missing(self, read: ExpiredRead) -> bool:
        """Whether there is no instance: what follows `if user: raise ...` runs without one."""
        return self._has_left(read, there=True)

    def _has_left(self, read: ExpiredRead, *, there: bool) -> bool:
        """Whether who had an instance, or had none, has left the function before it comes to a read."""
        source, name = read.function.source, path_text(read.instance)
        bound = [getattr(target, "lineno", 0) for target in bindings(read.function, name)]
        return any(
            isinstance(node, ast.If)
            and not node.orelse
            and isinstance(node.body[-1], (ast.Return, ast.Raise))
            and _asks_for(node.test, name, there=there)
            and comes_before(source, node, read.node)
            and not any(node.lineno < line <= read.node.lineno for line in bound)
            for node in read.function.nodes
        )

    def is_bound(self, read: ExpiredRead) -> bool:
        """Whether an instance has its name already where it was made outdated, on every way."""
        event = read.mark.event
        return (
            event is not None
            and isinstance(read.function.source.statement(event), ast.Expr)
            and self._has_its_name(read, event)
        )

    def is_bound_before(self, read: ExpiredRead) -> bool:
        """Whether an instance has its name on every way to what reads it: a loop may come to that first."""
        return self._has_its_name(read, read.node)

    def _has_its_name(self, read: ExpiredRead, place: ast.AST) -> bool:
        name = path_text(read.instance)
        if name.partition(".")[0] in {p.arg for p in read.function.parameters}:
            return True
        return any(comes_before(read.function.source, node, place) for node in bindings(read.function, name))


def _asks_for(test: ast.expr, name: str, *, there: bool) -> bool:
    """`if user:`, `if user is not None:`; or `if not user:`, `if user is None:`"""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.comparators[0], ast.Constant):
        operator = ast.IsNot if there else ast.Is
        plain = isinstance(test.ops[0], operator) and test.comparators[0].value is None
        return plain and _is_named(test.left, name)
    if not there:
        return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and _is_named(test.operand, name)
    return _is_named(test, name)


def _is_named(node: ast.expr, name: str) -> bool:
    return is_path(node) and path_text(node) == name
