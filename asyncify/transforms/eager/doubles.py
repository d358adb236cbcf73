"""What tests put mocks in the place of."""

from __future__ import annotations

import ast
from functools import cached_property

from asyncify.analysis.override_entries import override_entries
from asyncify.analysis.program import Program
from asyncify.analysis.routes import Reach
from asyncify.analysis.symbols import FunctionInfo

#: calls that replace something. Source: `unittest.mock`, pytest `monkeypatch`, pytest-mock.
PATCHES = frozenset({"patch", "object", "setattr", "spy"})


class Doubles:
    """Knows the names that tests replace.

    A load beside a reader would meet the double of an instance there; a load inside the replaced function is replaced
    with it.
    """

    def __init__(self, program: Program, reach: Reach) -> None:
        self.program = program
        self.reach = reach

    @cached_property
    def names(self) -> frozenset[str]:
        """The last part of the name of everything that is patched or overridden."""
        found: set[str] = set()
        for path in sorted(self.program.modules):
            source = self.program.modules[path].source
            found |= {getattr(key, "id", getattr(key, "attr", "")) for key, _ in override_entries(source)}
            for node in source.nodes:
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    for argument in node.args[:2] if name in PATCHES else ():
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                            found.add(argument.value.rpartition(".")[2])
        return frozenset(found - {""})

    def between(self, reader: FunctionInfo | None, loader: FunctionInfo | None) -> bool:
        """Whether one of the functions through which a reader gets its instances is replaced in a test."""
        if reader is None or loader is None:
            return False
        way = (f for f in self.reach.of(reader) if f is not reader and loader in self.reach.of(f))
        return any(f.name in self.names or (f.cls is not None and f.cls.name in self.names) for f in way)
