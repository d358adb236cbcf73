"""Statements that ask for their results in parts, wherever they are run."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import of_type
from asyncify.knowledge import names
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall, Hole, Op, Replace

OPTIONS = frozenset({"yield_per", "stream_results"})


class StreamOptions:
    """The calls `statement.execution_options(yield_per=...)` of a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._asking: dict[ast.AST, list[tuple[ModuleInfo, ast.Call]]] = defaultdict(list)
        self._dropped: set[ast.Call] = set()
        for path in sorted(program.modules):
            module = program.modules[path]
            for call in module.source.nodes_of(ast.Call):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "execution_options" and _given(call):
                    for site in self._sites(call.func.value):
                        self._asking[site].append((module, call))

    def of(self, statement: ast.expr) -> list[tuple[ModuleInfo, ast.Call]]:
        """The calls that may have asked for the results of a statement in parts."""
        return [found for site in self._sites(statement) for found in self._asking.get(site, ())]

    def without(self, statement: ast.expr) -> Iterator[Edit]:
        """Edits that take the options from a statement, each once."""
        for module, call in self.of(statement):
            if call not in self._dropped:
                self._dropped.add(call)
                because = "an async session fetches all rows at once unless it streams"
                target = module.source.target(call)
                yield Edit("await", module.path, target, _drop(module, call), (), (), "flip", because)

    def _sites(self, node: ast.expr) -> list[ast.AST]:
        made = of_type(self._program.values(node), names.SELECT)
        return list(dict.fromkeys(v.origin.site for v in made if v.origin is not None))


def _given(call: ast.Call) -> tuple[str, ...]:
    return tuple(k.arg for k in call.keywords if k.arg in OPTIONS)


def _drop(module: ModuleInfo, call: ast.Call) -> Op:
    assert isinstance(call.func, ast.Attribute)
    if call.args or len(_given(call)) < len(call.keywords):
        return EditCall(remove=_given(call))
    return Replace("$base", (Hole("base", module.source.span(call.func.value)),))
