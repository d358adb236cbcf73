"""Instances that the program makes: after they are stored, what is read from them is loaded with the refresh."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from asyncify.analysis.dotted import is_path
from asyncify.analysis.evaluated import behind
from asyncify.analysis.expiry.events import STORES, guarded_path, named_attributes, path_text
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext, instances
from asyncify.transforms.eager.last_called import LastCalled
from asyncify.transforms.eager.option_values import OptionReader
from asyncify.transforms.eager.reading import Reader, Steps
from asyncify.transforms.eager.refresh import Refresh
from asyncify.transforms.eager.refreshed_again import RefreshedAgain
from asyncify.transforms.eager.session_calls import is_construction, made_classes, session_call
from asyncify.transforms.eager.sources import Tracer, assigned_in, begun_from, dominates, loops_around

INSPECT = frozenset({"sqlalchemy.inspect", "sqlalchemy.inspection.inspect"})


class Created:
    """Plans for constructor calls."""

    def __init__(self, program: Program, reach: Reach, wanted: Iterable[Refresh] = ()) -> None:
        """wanted: refreshes that will be written. again: which of them others follow, in functions that are called.
        last_called: what is known of the calls of each function."""
        self.program = program
        self._reach = reach
        self._options = OptionReader(program, Tracer(program))
        self._refreshes: list[Refresh] = list(wanted)
        self._named: list[tuple[Refresh, frozenset[str]]] = []
        self.refreshes = cache(self._find_refreshes)
        self._called_for = cache(self._find_called_for)
        self._assigned = cache(assigned_in)
        self._written = cache(self._find_written)
        self.last_called = LastCalled(program, reach)
        self.again = RefreshedAgain(program, self.last_called, self.refreshes)
        for path in sorted(program.modules):
            for node in program.modules[path].source.nodes:
                call = session_call(program, node, "refresh")
                if call is not None and len(call.args) == 1 and not call.keywords:
                    self._refreshes.append(Refresh(path, call, call.args[0], True))
                elif call is not None and call.args:
                    self._named.append((Refresh(path, call, call.args[0], True), frozenset(named_attributes(call))))
                call = session_call(program, node, "get", "get_one")
                name = self._identity_of(path, call.args[1]) if call is not None and len(call.args) > 1 else None
                if call is not None and name is not None:
                    given = next((k.value for k in call.keywords if k.arg == "options"), None)
                    self._refreshes.append(Refresh(path, call, name, True, given))

    def _identity_of(self, path: str, node: ast.expr) -> ast.expr | None:
        """The instance in `inspect(instance).identity`."""
        if isinstance(node, ast.Attribute) and node.attr == "identity" and isinstance(node.value, ast.Call):
            made = self.program.names.resolve_expression(path, node.value.func)
            if isinstance(made, Ext) and made.name in INSPECT and node.value.args:
                return node.value.args[0]
        return None

    def every(self) -> list[Refresh]:
        """All refreshes, loads in their places, and those that will be written."""
        return self._refreshes

    def plain(self) -> list[Refresh]:
        """The `refresh(instance)` calls."""
        return [r for r in self._refreshes if r.is_plain]

    def _find_refreshes(self, site: ast.AST) -> list[Refresh]:
        """The places that refresh instances of a loading place or constructor call."""
        return self._holding(self._refreshes, site)

    def _holding(self, refreshes: list[Refresh], site: ast.AST) -> list[Refresh]:
        return [r for r in refreshes if isinstance(r.name, (ast.Name, ast.Attribute)) and self._holds(r.name, site)]

    def loads(self, site: ast.AST, reader: Reader, steps: Steps) -> bool:
        """Whether a refresh that names a relationship, or a load with an option for a path, loads it on the way to a
        reader."""
        naming = [r for r, given in self._named if len(steps) == 1 and steps[0] in given]
        named = self._passed(self._holding(naming, site), site, reader)
        emptying = self.passed(site, reader) if named is not None else None
        later = emptying is not None and named is not None and self._is_later(emptying, named, reader)
        if named is not None and not later and not self.again.is_emptied(named, reader):
            return True
        giving = self._passed([r for r in self.refreshes(site) if steps in self.given(r)], site, reader)
        last = self.passed(site, reader) if giving is not None else None
        # the last one in the function that reads empties what those before it have loaded
        return last is not None and self.program.function_of(last.call) is not self.program.function_of(reader.node)

    def given(self, refresh: Refresh) -> frozenset[Steps]:
        """The paths for which a load has options."""
        options = self._options.parse(refresh.path, refresh.options) if refresh.options is not None else []
        return frozenset(e.steps for e in options if e.loads)

    def passed(self, site: ast.AST, reader: Reader) -> Refresh | None:
        """The refresh through which every instance goes on its way to a reader: the last one in its function, for it
        empties what those before it have loaded by name."""
        return self._passed(self.refreshes(site), site, reader)

    def _passed(self, refreshes: list[Refresh], site: ast.AST, reader: Reader) -> Refresh | None:
        here = self.program.function_of(reader.node)
        last: tuple[int, Refresh] | None = None
        elsewhere: Refresh | None = None
        for refresh in self._of_same_name(refreshes, site, reader.node, here):
            there = self.program.function_of(refresh.call)
            source = self.program.modules[refresh.path].source
            statement: ast.stmt = refresh.before or source.statement(refresh.call)
            block = source.parent(statement)
            if isinstance(block, ast.If) and (guarded := guarded_path(block.test)) and is_path(refresh.name):
                if guarded == path_text(refresh.name):
                    # where there is no instance, there is nothing to read
                    statement, block = block, source.parent(block)
            if there is here and here is not None:
                line = refresh.follows
                before = line < getattr(reader.node, "lineno", 0)
                if before and dominates(source, statement, reader.node) and (last is None or line > last[0]):
                    last = (line, refresh)
            elif there is not None and here is not None:
                # what is made elsewhere reaches its refresh before its maker hands it out
                made = (
                    isinstance(site, ast.Call)
                    and is_construction(self.program, site)
                    and here is not self.program.function_of(site)
                    and (self._is_before_calls(refresh, site, here) or there in self._reach.of(here))
                )
                through = block is there.node and self._comes_through(here, reader.node, there)
                if (made or through) and (elsewhere is None or self._is_later(refresh, elsewhere, reader)):
                    elsewhere = refresh
        return last[1] if last is not None else elsewhere

    def in_branches(self, site: ast.AST, passed: Refresh, reader: Reader) -> list[Refresh]:
        """The refreshes between the one that is passed in any case and a reader in the same function, which some ways
        come to: they empty what that one has loaded."""
        here = self.program.function_of(reader.node)
        if here is None or here is not self.program.function_of(passed.call):
            return []
        last = getattr(reader.node, "lineno", 0)
        found = self._of_same_name(self.refreshes(site), site, reader.node, here)
        return [
            one
            for one in found
            if self.program.function_of(one.call) is here and one.line < last and self._is_further_down(one, passed)
        ]

    def _is_later(self, one: Refresh, other: Refresh, reader: Reader) -> bool:
        """Whether a refresh has run behind another one, and emptied what that has loaded by name, before a read."""
        here = self.program.function_of(reader.node)
        places = [self.program.function_of(refresh.call) for refresh in (one, other)]
        if places[0] is places[1] or here is None:
            return self._is_further_down(one, other)
        calls = [r.before or r.call for r in (one, other)]
        ends = [self.last_called.position(here, reader.node, f, c) for f, c in zip(places, calls, strict=True)]
        return ends[0] > ends[1]

    def _is_before_calls(self, refresh: Refresh, site: ast.Call, here: FunctionInfo) -> bool:
        """Whether a refresh stands in the function that makes an instance, and above its calls that run another one."""
        calls = self._calls_into(site, here)
        return self.program.function_of(refresh.call) is self.program.function_of(site) and (
            all(refresh.line <= call.lineno for call in calls)
        )

    def _calls_into(self, site: ast.Call, here: FunctionInfo) -> list[ast.Call]:
        """The calls behind the first store of what a call makes, in its function, that run another function."""
        maker = self.program.function_of(site)
        stores = self._stores_behind(site, maker.path) if maker is not None else []
        first = min((store.lineno for store in stores), default=site.lineno)
        calls = (n for n in maker.nodes if isinstance(n, ast.Call) and n.lineno > first) if maker is not None else ()
        return [call for call in calls if any(here in self._reach.of(f.info) for f in self.program.calls(call))]

    def _is_further_down(self, one: Refresh, other: Refresh) -> bool:
        """Whether a refresh stands behind another one in the same function, and empties what that has loaded."""
        same = self.program.function_of(one.call) is self.program.function_of(other.call)
        return same and one.line > other.line

    def _of_same_name(
        self, refreshes: list[Refresh], site: ast.AST, node: ast.AST, here: FunctionInfo | None
    ) -> list[Refresh]:
        """Those of the instance that a node reads, where its function refreshes that under the same name: others may
        have come from the same place."""
        read = begun_from(here, node) if here is not None else node
        if not isinstance(read, ast.expr) or not is_path(read):
            return refreshes
        every = [*self.refreshes(site), *self._holding([refresh for refresh, _ in self._named], site)]
        own = [r for r in every if self.program.function_of(r.call) is here]
        same = [r for r in own if is_path(r.name) and path_text(r.name) == path_text(read)]
        return [r for r in refreshes if r in same or r not in own] if same else refreshes

    def _comes_through(self, here: FunctionInfo, node: ast.AST, there: FunctionInfo) -> bool:
        """Whether what a reader reads is the result of a call that runs a function."""
        return any(there in self._reach.of(called) for called in self._called_for(here, node))

    def _find_called_for(self, here: FunctionInfo, node: ast.AST) -> frozenset[FunctionInfo]:
        """The functions whose calls a node has, or the values of the names that it has."""
        names_used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        given = (value for name in sorted(names_used) for value in self._assigned(here).get(name, ()))
        roots = [node, *(value for value in given if self._may_come_first(here, value, node))]
        calls = (n for root in roots for n in ast.walk(root) if isinstance(n, ast.Call))
        return frozenset(f.info for call in calls for f in self.program.calls(call))

    def _may_come_first(self, function: FunctionInfo, value: ast.expr, node: ast.AST) -> bool:
        """Whether what a name is given may be what a node reads: it stands above, or comes around in a loop."""
        above = value.lineno <= getattr(node, "lineno", value.lineno)
        return above or bool(loops_around(function.source, value) & loops_around(function.source, node))

    def reloads(self, refresh: Refresh) -> bool:
        """Whether a refresh can become a load with options: the class is known, and nothing is waiting to be
        flushed, for a load over existing instances would throw that away where the session has no autoflush."""
        if len({o.info for o in instances(self.program.values(refresh.name))}) != 1:
            return False
        if refresh.options is not None or refresh.before is not None or not refresh.is_refresh:
            return True
        if not isinstance(refresh.call.func, ast.Attribute):
            return True
        source = self.program.modules[refresh.path].source
        node: ast.AST = source.statement(refresh.call)
        while True:
            block = source.parent(node)
            for body in (getattr(block, name, None) for name in ("body", "orelse", "finalbody")):
                if isinstance(body, list) and node in body:
                    position = body.index(node)
                    if position:
                        return self._stores(body[position - 1])
            if not isinstance(block, (ast.For, ast.AsyncFor)):
                return False
            node = block

    def _stores(self, statement: ast.stmt) -> bool:
        """`db.commit()`, or other refreshes after one."""
        value = statement.value if isinstance(statement, ast.Expr) else None
        value = value.value if isinstance(value, ast.Await) else value
        return value is not None and session_call(self.program, value, *STORES, "refresh", "get") is not None

    def stored(self, site: ast.Call, path: str, reader: Reader) -> Refresh | None:
        """The last `commit()` or `flush()` behind a constructor call, where the instance has a name there: for a reader
        in the same function one above it that has always run by then. None where several may have run."""
        name = self._target(path, site)
        if name is None or len(made_classes(self.program, site)) != 1:
            return None
        here = self.program.function_of(reader.node)
        calls = self._calls_into(site, here) if here is not None and not self._is_beside(site, path, reader) else []
        if calls:
            reader = replace(reader, path=path, node=min(calls, key=lambda call: call.lineno))
        after = [c for c in self._stores_behind(site, path) if self._is_statement(path, c)]
        source = self.program.modules[path].source
        if any(loops_around(source, site) - loops_around(source, store) for store in after):
            return None  # it has a name for the last one only
        if self._is_beside(site, path, reader):
            above = [c for c in after if self.is_above(c, path, reader)]
            sure = [c for c in above if dominates(source, source.statement(c), reader.node)]
            if len(above) > 1 and not sure:
                return None
            after = sure or above or after
        commits = [c for c in after if isinstance(c.func, ast.Attribute) and c.func.attr == "commit"] or after
        return Refresh(path, commits[-1], name, False) if commits else None

    def is_loaded_behind(self, place: Refresh, steps: Steps) -> bool:
        """Whether a refresh right behind a store loads a path: the work of an earlier run, perhaps in a branch."""
        source = self.program.modules[place.path].source
        for statement in behind(source, source.statement(place.call)):
            own = [pair for pair in self._written(place.path) if source.statement(pair[0].call) is statement]
            own = [(r, given) for r, given in own if path_text(r.name) == path_text(place.name)]
            if not own:
                return False
            for refresh, given in own:
                if given & set(steps[:1]) or steps in self.given(refresh):
                    return True
        return False

    def is_named_behind(self, place: Refresh) -> bool:
        """Whether a refresh right behind another names relationships of the same instance: the work of an earlier run,
        where a load in the place of both would have emptied others."""
        source = self.program.modules[place.path].source
        following = next(iter(behind(source, source.statement(place.call))), None)
        named = (r for r, given in self._named if r.path == place.path and given)
        return any(
            source.statement(refresh.call) is following and path_text(refresh.name) == path_text(place.name)
            for refresh in named
        )

    def _find_written(self, path: str) -> list[tuple[Refresh, frozenset[str]]]:
        """The refreshes of a file, each with what it names."""
        plain = [(refresh, frozenset[str]()) for refresh in self._refreshes if refresh.before is None]
        return [(refresh, given) for refresh, given in [*plain, *self._named] if refresh.path == path]

    def is_stored_before(self, site: ast.Call, path: str, reader: Reader) -> bool:
        """Whether some `commit()` or `flush()` stands between a constructor call and a reader."""
        same = self._is_beside(site, path, reader)
        line = getattr(reader.node, "lineno", 0)
        return any(not same or store.lineno < line for store in self._stores_behind(site, path))

    def _stores_behind(self, site: ast.Call, path: str) -> list[ast.Call]:
        function = self.program.function_of(site)
        at_top = (n for n in self.program.modules[path].source.nodes if self.program.function_of(n) is None)
        nodes = ast.walk(function.node) if function is not None else at_top
        stores = [c for n in nodes if (c := session_call(self.program, n, *STORES)) is not None]
        return [c for c in stores if c.lineno > site.lineno]

    def _holds(self, node: ast.expr, site: ast.AST) -> bool:
        return any(
            o.origin is not None and o.origin.site is site and not o.origin.steps
            for o in instances(self.program.values(node))
        )

    def _target(self, path: str, site: ast.Call) -> ast.expr | None:
        """The name that gets the new instance."""
        statement = self.program.modules[path].source.statement(site)
        if isinstance(statement, ast.Assign) and statement.value is site and isinstance(statement.targets[0], ast.Name):
            return statement.targets[0]
        return None

    def _is_statement(self, path: str, call: ast.Call) -> bool:
        source = self.program.modules[path].source
        statement = source.statement(call)
        outer = source.parent(call)
        return isinstance(statement, ast.Expr) and outer in (statement, statement.value)

    def is_above(self, call: ast.Call, path: str, reader: Reader) -> bool:
        """Whether a reader comes behind a call: in the same function further down, in another one always."""
        return not self._is_beside(call, path, reader) or getattr(reader.node, "lineno", 0) > call.lineno

    def _is_beside(self, call: ast.Call, path: str, reader: Reader) -> bool:
        """Whether a reader is in the function of a call, or both are at the top of one file."""
        return reader.path == path and self.program.function_of(reader.node) is self.program.function_of(call)
