"""Loader options that a statement has already."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext, Inst
from asyncify.knowledge.query_methods import SET_OPERATIONS
from asyncify.transforms.eager.reading import RESULTS, Steps

LOADERS = frozenset("joinedload selectinload subqueryload immediateload contains_eager defaultload".split())
#: a path through one of these is not loaded by it
PASSING = frozenset({"defaultload"})
BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor)


@dataclass(frozen=True)
class Existing:
    """An option. steps: its path; node: the expression whose end it is; last: nothing is chained behind it;
    loads: whether it loads the path and does not only lead through it."""

    steps: Steps
    node: ast.expr
    last: bool
    loads: bool


class ExistingOptions:
    """Finds the options of each loading place of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._calls: dict[ast.AST, list[tuple[str, ast.Call]]] = defaultdict(list)
        self._first: dict[ast.AST, list[ast.AST]] = defaultdict(list)  # set operation of queries -> its first operands
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

    def calls(self, site: ast.AST) -> list[tuple[str, ast.Call]]:
        """The `.options(...)` calls on what a place makes that always run when it does."""
        sites = [site]
        for reached in sites:
            sites += [first for first in self._first.get(reached, ()) if first not in sites]
        return [(p, c) for s in sites for p, c in self._calls.get(s, ()) if self._always(p, c, site)]

    def of_statement(self, site: ast.AST) -> list[Existing]:
        """The options of a select or query."""
        return [e for path, call in self.calls(site) for arg in call.args for e in self.parse(path, arg)]

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

    def parse(self, path: str, node: ast.expr) -> list[Existing]:
        """The paths of one option expression."""
        if isinstance(node, ast.Starred):
            node = node.value
        if isinstance(node, (ast.List, ast.Tuple)):
            return [e for item in node.elts for e in self.parse(path, item)]
        return list(self._option(path, node, ()))

    def _option(self, path: str, node: ast.expr, prefix: Steps, last: bool = True) -> Iterator[Existing]:
        if not isinstance(node, ast.Call):
            return
        chained = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
        inner: list[Existing] = []
        if chained and isinstance(node.func, ast.Attribute):
            inner = list(self._option(path, node.func.value, prefix, last=False))
            name = node.func.attr
            yield from inner
        else:
            found = self.program.names.resolve_expression(path, node.func)
            name = found.name.rpartition(".")[2] if isinstance(found, Ext) else ""
        start = inner[-1].steps if inner else prefix
        if name == "options":
            for argument in node.args:
                yield from self._option(path, argument, start)
            return
        if name not in LOADERS:
            return
        steps = start
        for argument in node.args:
            steps = (*steps, *_names(argument))
            yield Existing(steps, node, last and argument is node.args[-1], name not in PASSING)


def _names(node: ast.expr) -> Steps:
    """The relationship that an argument of a loader names: `A.b`, `A.b.and_(...)`, `"b.c"` (1.x)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(node.value.split("."))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _names(node.func.value)
    if isinstance(node, ast.Attribute) and node.attr == "class_attribute":  # inspect(A).attrs.b.class_attribute
        return _names(node.value)
    return (node.attr,) if isinstance(node, ast.Attribute) else ()
