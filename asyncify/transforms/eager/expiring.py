"""Refreshes that expire more than their instance."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from asyncify.analysis.cascades import cascade_words
from asyncify.analysis.nodes import own_nodes
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import made_at, objects
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.options import EAGER_SETTINGS
from asyncify.transforms.eager.reading import Reading
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.session_calls import is_construction
from asyncify.transforms.eager.sources import assigned_in, begun_from

#: words in `cascade=` that hand a refresh on. Source: SQLAlchemy "Cascades", `refresh-expire` is a part of `all`.
HANDS_ON = frozenset({"all", "refresh-expire"})


class Expiring:
    """Finds refreshes after which the columns of other instances would load themselves.

    `session.refresh(user)` expires what is loaded in the collections of the user that cascade, though it loads the
    columns of the user only. A load over the instance leaves the others as they are.
    """

    def __init__(self, reading: Reading, created: Created, reach: Reach) -> None:
        self.reading = reading
        self.program = reading.program
        self._created = created
        self._reach = reach

    def refreshes(self, planned: Iterable[Refresh]) -> Iterator[tuple[Refresh, ClassInfo]]:
        """Each such refresh, and the class of its instance; of those that are planned, too."""
        loaded = {name for paths in self.reading.paths.values() for steps in paths for name in steps}
        for refresh in dict.fromkeys([*self._created.plain(), *(p for p in planned if p.is_new)]):
            for info in sorted({o.info for o in objects(self.program.values(refresh.name))}, key=lambda c: c.name):
                held = [r for r in self.program.orm.relationships(info).values() if cascade_words(r) & HANDS_ON]
                targets = {
                    r.target
                    for r in held
                    if r.target is not None and (r.name in loaded or r.lazy in EAGER_SETTINGS)
                }
                if any(self._is_read_later(refresh, target) for target in targets):
                    yield refresh, info

    @cached_property
    def _reads(self) -> dict[ClassInfo, dict[FunctionInfo, int]]:
        """For each class, the functions that read an instance which they did not get from a relationship, and the
        last line that does."""
        found: dict[ClassInfo, dict[FunctionInfo, int]] = defaultdict(dict)
        for function in self.program.functions:
            for node in own_nodes(function.node):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and not _loads(function, node):
                    for value in objects(self.program.values(node.value)):
                        if value.origin is None or not value.origin.steps:
                            lines = found[value.info]
                            lines[function] = max(node.lineno, lines.get(function, 0))
        return found

    @cached_property
    def _held(self) -> dict[tuple[ClassInfo, FunctionInfo], list[tuple[int, int]]]:
        """For each class, the names by which functions hold what they got from relationships, `posts = user.posts`:
        the line where a name is given that, and one where an instance is read from it."""
        found: dict[tuple[ClassInfo, FunctionInfo], list[tuple[int, int]]] = defaultdict(list)
        for function in self.program.functions:
            given = {name: nodes for name, nodes in assigned_in(function).items() if any(map(self._is_led_to, nodes))}
            for node in own_nodes(function.node) if given else ():
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    name = getattr(begun_from(function, node), "id", "")
                    lines = [(value.lineno, node.lineno) for value in given.get(name, ())]
                    for info in {o.info for o in objects(self.program.values(node.value))} if lines else ():
                        found[info, function] += lines
        return found

    def _is_made(self, refresh: Refresh) -> bool:
        """Whether the program makes what is refreshed: what a statement has loaded with options is loaded with these
        once more, and its collections are fresh again."""
        sites = made_at(objects(self.program.values(refresh.name)))
        return any(isinstance(site, ast.Call) and is_construction(self.program, site) for site in sites)

    def _is_led_to(self, node: ast.expr) -> bool:
        values = self.program.values(node)
        found = (*objects(values), *objects(self.reading.elements(values)))
        return any(value.origin is not None and value.origin.steps for value in found)

    def _is_read_later(self, refresh: Refresh, target: ClassInfo) -> bool:
        """Whether code behind a refresh, in its function or behind a call of it, reads an instance of a class."""
        function = self.program.function_of(refresh.call)
        if function is None:
            return False
        held = self._held.get((target, function), ()) if self._is_made(refresh) else ()
        if any(given <= refresh.follows < read for given, read in held):
            return True
        for reader, line in self._reads.get(target, {}).items():
            if reader is function:
                if line > refresh.call.lineno:
                    return True
            elif function in self._reach.of(reader):
                calls = (n for n in own_nodes(reader.node) if isinstance(n, ast.Call) and n.lineno < line)
                if any(function in self._reach.of(f.info) for c in calls for f in self.program.calls(c)):
                    return True
        return False


def _loads(function: FunctionInfo, node: ast.AST) -> bool:
    """Whether a node stands in a statement that loads with options, the result of which nobody takes: the work of an
    earlier run, which reads the key."""
    statement = function.source.statement(node)
    calls = (n.func for n in ast.walk(statement) if isinstance(n, ast.Call)) if isinstance(statement, ast.Expr) else ()
    return any(isinstance(called, ast.Attribute) and called.attr == "options" for called in calls)
