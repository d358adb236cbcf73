"""Reads in the program's own code: attributes, properties, methods, and assignments to collections."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Obj, Origin, objects
from asyncify.transforms.eager.fields import Fields
from asyncify.transforms.eager.reading import QUERIES, Reader, Reading, Steps

SPECIAL = {"str": "__str__", "repr": "__repr__", "len": "__len__", "bool": "__bool__"}


def read_code(reading: Reading) -> None:
    """Note all that Python code reads from instances."""
    program = reading.program
    _find_loops(reading)
    for read in program.reads:
        relationship = program.orm.relationship(read.owner, read.name)
        reader = Reader(read.path, read.node, "code", f"{read.owner.name}.{read.name}")
        if relationship is not None and relationship.lazy in QUERIES:
            continue  # a query of its own: the query step has made a select of it, or has reported it
        if _reads_value(program, read.path, read.node):
            reading.note(read.origin, read.name, reader)
    for path in sorted(program.modules):
        _Module(reading, program.modules[path]).walk()


def _find_loops(reading: Reading) -> None:
    """Where one expression reads a relationship of what it has given before, in a loop or a recursion."""
    depths: dict[tuple[ast.AST, ast.AST, str], set[Steps]] = defaultdict(set)
    for read in reading.program.reads:
        depths[read.node, read.origin.site, read.name].add(read.origin.steps)
    for (_, site, name), found in depths.items():
        for steps in found:
            deeper = (*steps, name)
            reading.loops[site] |= {s for s in found if s[: len(deeper)] == deeper}


def _reads_value(program: Program, path: str, node: ast.AST) -> bool:
    """Whether an attribute expression loads the relationship; a target of `=` or `del` is looked at elsewhere."""
    return not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load)


class _Module:
    def __init__(self, reading: Reading, module: ModuleInfo) -> None:
        self.reading = reading
        self.program = reading.program
        self.path = module.path
        self.source = module.source
        self.fields = Fields(reading)

    def walk(self) -> None:
        for node in self.source.nodes:
            if isinstance(node, ast.Attribute):
                self._attribute(node)
            elif isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.FormattedValue):
                self._special(node.value, "__str__", node)
            elif isinstance(node, ast.Compare):
                self.fields.compared(self.path, node)
            elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Attribute):
                        self._assigned(target)

    def _attribute(self, node: ast.Attribute) -> None:
        for value in objects(self.program.values(node.value)):
            if not self.program.orm.is_model(value.info) or not isinstance(node.ctx, ast.Load):
                continue
            reader = Reader(self.path, node, "code", f"{value.info.name}.{node.attr}")
            self.reading.note_column(value, node.attr, reader)
            if value.origin is None:
                known = any(o.origin is not None for o in objects(self.program.values(node.value)))
                if not known and self.program.orm.relationship(value.info, node.attr) is not None:
                    self.reading.unknown.append((value.info, node.attr, reader))
                if not known:
                    self._of_subclasses(value, node)
                continue
            self._of_subclasses(value, node)
            if self.reading.proxy(value.info, node.attr) is not None:
                self.reading.attribute(frozenset({value}), node.attr, reader)
            for function in self.program.calls(node):
                self._runs(function.info.node, value, reader)

    def _of_subclasses(self, value: Obj, node: ast.Attribute) -> None:
        for sub in self.program.orm.subclasses_with(value.info, node.attr):
            reader = Reader(self.path, node, "code", f"{sub.name}.{node.attr}")
            self.reading.below(value, sub, node.attr, reader)

    def _call(self, node: ast.Call) -> None:
        self.fields.call(self.path, node)
        if isinstance(node.func, ast.Attribute):
            for value in objects(self.program.values(node.func.value)):
                if value.origin is not None and self.program.orm.is_model(value.info):
                    reader = Reader(self.path, node, "code", f"{value.info.name}.{node.func.attr}()")
                    for function in self.program.calls(node):
                        self._runs(function.info.node, value, reader)
        elif isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
            self.reading.changed.update(o.info for o in objects(self.program.values(node.args[0])))
        elif isinstance(node.func, ast.Name) and node.func.id in SPECIAL and len(node.args) == 1:
            self._special(node.args[0], SPECIAL[node.func.id], node)

    def _special(self, inner: ast.expr, name: str, node: ast.AST) -> None:
        for value in objects(self.program.values(inner)):
            if value.origin is None or not self.program.orm.is_model(value.info):
                continue
            method = self.program.classes.method(value.info, name)
            if method is None and name == "__str__":
                method = self.program.classes.method(value.info, "__repr__")
            reader = Reader(self.path, node, "code", f"{name} of {value.info.name}")
            if method is not None:
                self._runs(method.node, value, reader)
            elif name in ("__str__", "__repr__"):
                self.fields.shown(value, reader)

    def _runs(self, function: ast.FunctionDef | ast.AsyncFunctionDef, value: Obj, reader: Reader) -> None:
        info = next((m for m in self._methods(value) if m.node is function), None)
        if info is not None and value.origin is not None and (value.origin.site is not function or value.origin.steps):
            self.reading.note_run(value, info, reader)

    def _methods(self, value: Obj) -> Iterator[FunctionInfo]:
        for base in (*self.program.classes.ancestors(value.info), *self.program.classes.descendants(value.info)):
            if isinstance(base, ClassInfo):
                yield from base.methods.values()

    def _assigned(self, target: ast.Attribute) -> None:
        """Setting a collection compares it with the one that is there, which must be loaded for that."""
        for value in objects(self.program.values(target.value)):
            self.reading.changed.add(value.info)
            relationship = self.program.orm.relationship(value.info, target.attr)
            if relationship is None or not relationship.collection or relationship.lazy in QUERIES:
                continue
            origin: Origin | None = value.origin
            reader = Reader(self.path, target, "code", f"{value.info.name}.{target.attr} =")
            if origin is not None:
                self.reading.note(origin, target.attr, reader)
            else:
                self.reading.unknown.append((value.info, target.attr, reader))
