"""Loader options that a statement has already, or may have."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from asyncify.analysis.program import Program
from asyncify.analysis.values import Inst
from asyncify.knowledge.query_methods import SET_OPERATIONS
from asyncify.transforms.eager.option_values import Existing, OptionReader
from asyncify.transforms.eager.reading import RESULTS
from asyncify.transforms.eager.sources import Tracer, returned

BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor)

Runs = Callable[[ast.AST], list[tuple[str, ast.expr]]]


class ExistingOptions:
    """Finds the options of each loading place of a program."""

    def __init__(self, program: Program, runs: Runs) -> None:
        """runs: the expressions at which what a place makes is executed."""
        self.program = program
        self.tracer = Tracer(program)
        self.reader = OptionReader(program, self.tracer)
        self._runs = runs
        self._calls: dict[ast.AST, list[tuple[str, ast.Call]]] = defaultdict(list)
        self._first: dict[ast.AST, list[ast.AST]] = defaultdict(list)  # set operation of queries -> its first operands
        self._found: dict[ast.AST, list[Existing]] = {}
        for path in sorted(program.modules):
            for node in program.modules[path].source.nodes:
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                for value in program.values(node.func.value) if node.func.attr in {"options", *SET_OPERATIONS} else ():
                    if isinstance(value, Inst) and value.type in (*RESULTS, "sqlalchemy.Select") and value.origin:
                        if node.func.attr == "options":
                            self._calls[value.origin.site].append((path, node))
                        else:
                            self._first[node].append(value.origin.site)

    def sites(self) -> list[ast.AST]:
        """The places of which something gets options."""
        return list(self._calls)

    def calls(self, site: ast.AST) -> list[tuple[str, ast.Call]]:
        """The `.options(...)` calls on what a place makes that always run when it does."""
        return [(path, call) for path, call, sure in self._all_calls(site) if sure]

    def _all_calls(self, site: ast.AST) -> list[tuple[str, ast.Call, bool]]:
        sites = [site]
        for reached in sites:
            sites += [first for first in self._first.get(reached, ()) if first not in sites]
        return [(p, c, self._is_sure(p, c, s, site)) for s in sites for p, c in self._calls.get(s, ())]

    def of_statement(self, site: ast.AST) -> list[Existing]:
        """The options that a select or query has, or may have."""
        found = self._found.get(site)
        if found is None:
            found = self._found[site] = [
                replace(one, inline=one.inline and sure)
                for path, call, sure in self._all_calls(site)
                for argument in call.args
                for one in self.reader.parse(path, argument, sure=sure)
            ]
        return found

    # -- whether a statement always gets them --------------------------------------------------------

    def _is_sure(self, path: str, call: ast.Call, made: ast.AST, site: ast.AST) -> bool:
        if made is not site:
            return self._always(path, call, site)
        if any(inner is site for inner in ast.walk(call.func)):
            return True
        runs = self._runs(site)
        if not runs:
            same = self.program.function_of(call) is self.program.function_of(site)
            return same and self._always(path, call, site)
        return all(self._passes(where, node, call, site, set()) for where, node in runs)

    def _passes(self, path: str, node: ast.expr, call: ast.Call, site: ast.AST, seen: set[ast.AST]) -> bool:
        """Whether all that an expression gives of what a place makes has gone through a call."""
        if node is call or node in seen or not self._gives(node, site):
            return True
        seen.add(node)
        if node is site:
            return False
        parts: list[tuple[str, ast.expr]] = []
        known = True
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            parts = [(path, node.value)]
        elif isinstance(node, ast.IfExp):
            parts = [(path, node.body), (path, node.orelse)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and self._gives(node.func.value, site):
            parts = [(path, node.func.value)]
        elif isinstance(node, ast.Call):
            parts = [(f.info.path, value) for f in self.program.calls(node) for value in returned(f.info)]
        elif isinstance(node, (ast.Name, ast.Attribute)):
            name = isinstance(node, ast.Name)
            tracer = self.tracer
            sources = tracer.of_name(path, node) if name else tracer.of_attribute(path, node)  # type: ignore[arg-type]
            known = sources.known
            parts = [(g.path, g.value) for g in sources.given if g.whole]
        return known and bool(parts) and all(self._passes(p, part, call, site, seen) for p, part in parts)

    def _gives(self, node: ast.expr, site: ast.AST) -> bool:
        values = self.program.values(node)
        return any(isinstance(v, Inst) and v.origin is not None and v.origin.site is site for v in values)

    def _always(self, path: str, call: ast.Call, site: ast.AST) -> bool:
        source = self.program.modules[path].source
        around: set[ast.AST] = set()
        node: ast.AST | None = site
        while node is not None:
            around.add(node)
            node = source.parent(node)
        node = source.parent(call)
        while node is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(node, BRANCHES) and node not in around:
                return False
            node = source.parent(node)
        return True
