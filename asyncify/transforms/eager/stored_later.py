"""Instances that are made in one function, stored in another one and read in a third.

As long as it is not stored an instance has no rows to load. Once it is, what its constructor was not given loads when
it is read, and after a refresh all does. Source: SQLAlchemy, "Session Basics", "Quickie Intro to Object States".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from asyncify.analysis.expiry.afterwards import Afterwards
from asyncify.analysis.expiry.events import STORES
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Obj, objects
from asyncify.transforms.eager.autoflush import Autoflush
from asyncify.transforms.eager.created import Created
from asyncify.transforms.eager.reading import Reader, Reading, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.session_calls import is_construction, session_call
from asyncify.transforms.eager.sources import loops_around


class StoredLater:
    """Knows whether a constructor call, and a reader in another function, have a store on a way between them."""

    def __init__(self, reading: Reading, created: Created, reach: Reach, autoflush: Autoflush) -> None:
        program = reading.program
        self.program = program
        self._reading = reading
        self._created = created
        self._autoflush = autoflush
        self._afterwards = Afterwards(program, reach)
        self._storing = cache(self._find_storing)
        self._runs_storing = cache(lambda info: any(map(self._storing, reach.of(info))))
        self._holders = self._find_holders()
        self._stores: dict[FunctionInfo, list[ast.Call]] = {
            f: [n for n in f.nodes if isinstance(n, ast.Call) and self._may_store(n)]
            for f in {function for holders in self._holders.values() for function in holders}
        }

    def _may_store(self, call: ast.Call) -> bool:
        """Whether a call stores what a session holds, itself or by functions that it runs: `uow.finish()`."""
        if session_call(self.program, call, *STORES) is not None:
            return True
        return any(self._runs_storing(called.info) for called in self.program.calls(call))

    def _find_storing(self, function: FunctionInfo) -> bool:
        """Whether a function stores what a session holds."""
        return any(session_call(self.program, node, *STORES) is not None for node in function.nodes)

    def _find_holders(self) -> dict[ast.AST, dict[FunctionInfo, int]]:
        """The functions that have a name for what a call makes, each with the first line that does."""
        found: dict[ast.AST, dict[FunctionInfo, int]] = defaultdict(dict)
        for function in self.program.functions:
            for node in function.nodes:
                for value in self._named(node) if isinstance(node, ast.Name) else ():
                    if value.origin is not None and not value.origin.steps and isinstance(node, ast.Name):
                        lines = found[value.origin.site]
                        line = _named_from(function, node)
                        lines[function] = min(lines.get(function, line), line)
        return found

    def _named(self, node: ast.Name) -> Iterator[Obj]:
        """The instances that a name means, or those of the list that it means."""
        values = self.program.values(node)
        yield from objects(values)
        yield from objects(self._reading.elements(values))

    def leads(self, refresh: Refresh, reader: Reader) -> bool:
        """Whether a reader may read after a refresh."""
        return self._afterwards.leads(refresh.call, reader.node)

    def empties(self, site: ast.Call, place: Refresh, reader: Reader) -> bool:
        """Whether another function may refresh an instance between a place and a reader, so that nothing is left of
        what was loaded at the place."""
        there = self.program.function_of(place.call)
        return any(
            self.program.function_of(refresh.call) is not there
            and self._afterwards.leads(place.call, refresh.call)
            and self.leads(refresh, reader)
            for refresh in self._created.refreshes(site)
        )

    def may_load(self, site: ast.Call, steps: Steps, reader: Reader) -> bool:
        """Whether what a reader finds may be of a row by then, and not in memory."""
        if any(self._comes_between(site, refresh.call, reader) for refresh in self._created.refreshes(site)):
            return True
        if self._autoflush.stores(site, steps, reader):
            return True
        given = next((keyword.value for keyword in site.keywords if keyword.arg == steps[0]), None)
        if given is not None:
            # what it was given is there, what is read below that need not be
            made = (
                o.origin for o in objects(self.program.values(given)) if o.origin is not None and not o.origin.steps
            )
            calls = [origin.site for origin in made if isinstance(origin.site, ast.Call)]
            below = [call for call in calls if len(steps) > 1 and is_construction(self.program, call)]
            return any(self.may_load(call, steps[1:], reader) for call in below)
        return any(
            store.lineno >= line and self._comes_between(site, store, reader)
            for function, line in self._holders.get(site, {}).items()
            for store in self._stores[function]
        )

    def _comes_between(self, site: ast.Call, store: ast.Call, reader: Reader) -> bool:
        """Whether a store may run when an instance has been made and before it is read."""
        here = self.program.function_of(site)
        if here is None or not _is_made_beside(here, site, reader.node):
            return self._afterwards.leads(store, reader.node)
        there = self.program.function_of(store)
        first, last = site.lineno, getattr(reader.node, "lineno", 0)
        if there is here:
            return first <= store.lineno <= last
        return there in self._afterwards.between(here, first, last)


def _is_made_beside(function: FunctionInfo, site: ast.Call, node: ast.AST) -> bool:
    """Whether an attribute is read of what the same run of a function has made: its name means nothing else, and no
    loop comes to the read without making another one."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node not in function.nodes:
        return False
    named = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == node.value.id and _is_bound(n)]
    statement = function.source.parent(site)
    alone = isinstance(statement, (ast.Assign, ast.AnnAssign)) and len(named) == 1
    given = node.value.id in {parameter.arg for parameter in function.parameters}
    if not alone or given or function.source.statement(named[0]) is not statement:
        return False
    source = function.source
    return site.lineno < node.lineno and loops_around(source, node) <= loops_around(source, site)


def _is_bound(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _named_from(function: FunctionInfo, node: ast.Name) -> int:
    """The line from which on a name is known to mean something: what is assigned has run before it means it."""
    statement = function.source.statement(node)
    assigned = isinstance(node.ctx, ast.Store) and isinstance(statement, (ast.Assign, ast.AnnAssign))
    return (statement.end_lineno or statement.lineno) + 1 if assigned else node.lineno
