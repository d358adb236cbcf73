"""Whether a mock may be tied to a class with a spec, and how a test file names the class."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cached_property

from asyncify.analysis.fixtures import is_test
from asyncify.analysis.mock_stands import Kind, TestMocks
from asyncify.analysis.names import Imported
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Obj
from asyncify.knowledge.testing import MOCK_API
from asyncify.model.edit import Import

#: bases without attributes of their own
_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})


class Specs:
    """Answers by class."""

    def __init__(self, program: Program, mocks: TestMocks) -> None:
        self._program = program
        self._mocks = mocks
        self._unknown: dict[tuple[ClassInfo, str], frozenset[str] | None] = {}

    def methods(self, info: ClassInfo) -> dict[str, FunctionInfo]:
        """All methods, with inherited ones, and those of classes below, which code asks for as well."""
        found: dict[str, FunctionInfo] = {}
        for base in (*self._program.classes.ancestors(info), *self._program.classes.descendants(info)):
            if isinstance(base, ClassInfo):
                for name, method in base.methods.items():
                    found.setdefault(name, method)
        return found

    def unknown(self, info: ClassInfo, path: str) -> frozenset[str] | None:
        """What a spec of the class would refuse although it is used: attributes that a test file touches, or that the
        app reads from instances, and that only `self.x = ...` makes. None where a base of the class is not known."""
        key = (info, path)
        if key not in self._unknown:
            known = self._members(info)
            used = self.touched(info, path) | self.read(info)
            self._unknown[key] = None if known is None else frozenset(used - known)
        return self._unknown[key]

    def _members(self, info: ClassInfo) -> set[str] | None:
        """The attributes that a spec of the class knows; None where a base is not known."""
        found: set[str] = set()
        for base in self._program.classes.ancestors(info):
            if isinstance(base, ClassInfo):
                if len(self._program.classes.bases(base)) < len(base.node.bases):
                    return None
                found |= base.methods.keys() | base.attributes.keys()
            elif base.name not in _PLAIN_BASES:
                return None
        return found

    def touched(self, info: ClassInfo, path: str) -> set[str]:
        """The attributes that a test file reads from, or sets on, mocks of the class."""
        found: set[str] = set()
        for node in self._program.modules[path].source.nodes:
            if isinstance(node, ast.Attribute) and node.attr not in MOCK_API:
                stand = self._mocks.stand(self._program.scope_of(node), node.value)
                # what is set is there afterwards
                if stand and stand.info is info and stand.kind is Kind.INSTANCE and isinstance(node.ctx, ast.Load):
                    found.add(node.attr)
        for call, (where, stand) in self._mocks.sites.items():
            if where == path and stand.info is info:
                found |= {k.arg for k in call.keywords if k.arg and k.arg not in MOCK_API} & self.methods(info).keys()
        return found

    def read(self, info: ClassInfo) -> set[str]:
        """The attributes that the app reads from instances, outside of the class."""
        return {name for name, reader in self._reads[info] if reader is not info}

    @cached_property
    def _reads(self) -> Mapping[ClassInfo, set[tuple[str, ClassInfo | None]]]:
        """By class the attributes that the app reads from instances, each with the class of the method that does."""
        found: dict[ClassInfo, set[tuple[str, ClassInfo | None]]] = defaultdict(set)
        for path, module in self._program.modules.items():
            for node in module.source.nodes_of(ast.Attribute) if not is_test(path) else ():
                if isinstance(node.ctx, ast.Load):
                    for value in self._program.values(node.value):
                        if isinstance(value, Obj):
                            function = self._program.function_of(node)
                            found[value.info].add((node.attr, function.cls if function is not None else None))
        return found

    def functions(self, path: str) -> dict[str, FunctionInfo]:
        """The functions at the top of a module."""
        found = self._program.modules[path].functions.values()
        return {f.name: f for f in found if f.parent is None and f.cls is None}

    def touched_of_module(self, module: str, path: str, patch: ast.Call | None = None) -> set[str]:
        """The attributes that a test file reads from, or sets on, mocks of a module; those of one `patch` alone."""
        found: set[str] = set()
        source = self._program.modules[path].source
        place = source.parent(patch) if patch is not None else None
        decorated = place if isinstance(place, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else None
        within = self._program.function_of(patch) if patch is not None else None
        for node in source.nodes_of(ast.Attribute):
            if node.attr not in MOCK_API:
                stand = self._mocks.stand(self._program.scope_of(node), node.value)
                if stand and stand.kind is Kind.MODULE and stand.path == module:
                    outside = decorated is not None and not _is_below(source, node, decorated)
                    if not outside and (within is None or self._program.function_of(node) is within):
                        found.add(node.attr)
        return found

    def lacks(self, module: str, path: str, patch: ast.Call) -> bool:
        """Whether a test uses what a module has not: `autospec` would refuse it."""
        info = self._program.modules[module]
        known = info.bound | info.imports.keys()
        return bool(self.touched_of_module(module, path, patch) - known) and not info.stars

    @cached_property
    def _spellings(self) -> Mapping[str, Counter[str]]:
        """By file the modules that `from ... import` lines call it, with how often each does."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for importer, module in self._program.modules.items():
            for statements in module.imports.values():
                for node in statements:
                    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                        origin = self._program.names.imported(importer, node, node.names[0])
                        if isinstance(origin, Imported):
                            found[origin.path][node.module] += 1
        return found

    def import_of(self, path: str, info: ClassInfo) -> tuple[str, tuple[Import, ...]]:
        """The name of a class in a test file, and its import; an empty name where no file shows how to import it."""
        names = self._program.names
        if names.resolve(path, info.name) is info:
            return info.name, ()
        if info.name in self._program.modules[path].bound or "." in info.qualname:
            return "", ()
        seen = self._spellings[info.path]
        if not seen:
            return "", ()
        return info.name, (Import(seen.most_common(1)[0][0], info.name),)


def _is_below(source: SourceFile, node: ast.AST, above: ast.AST) -> bool:
    current: ast.AST | None = node
    while current is not None and current is not above:
        current = source.parent(current)
    return current is not None
