"""Reads in the program's own code: attributes, properties, methods, and assignments to collections."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import replace

from asyncify.analysis.key_names import KeyNames
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Cls, Obj, Origin, Values, objects
from asyncify.knowledge.logging import LOGGING
from asyncify.transforms.eager.column_names import names_column
from asyncify.transforms.eager.fields import Fields
from asyncify.transforms.eager.reading import QUERIES, Reader, Reading, Steps, best
from asyncify.transforms.eager.set_by_name import collections_set, texts
from asyncify.transforms.eager.special import SpecialMethods, read_events

#: what makes a session load everything again. Source: SQLAlchemy `Session.rollback`, `expire`, `expire_all`
FORGETTING = frozenset({"rollback", "expire", "expire_all"})
SPECIAL = {"str": "__str__", "repr": "__repr__", "len": "__len__", "bool": "__bool__"}


def read_code(reading: Reading) -> None:
    """Note all that Python code reads from instances."""
    program = reading.program
    _find_loops(reading)
    known = {(read.node, read.name) for read in program.reads if read.origin is not None}
    for read in program.reads:
        relationship = program.orm.relationship(read.owner, read.name)
        reader = Reader(read.path, read.node, "code", f"{read.owner.name}.{read.name}")
        if relationship is not None and relationship.lazy in QUERIES:
            continue  # a query of its own: the query step has made a select of it, or has reported it
        if read.origin is None:
            if (read.node, read.name) not in known:
                reading.unknown.append((read.owner, read.name, reader))
        elif _reads_value(program, read.path, read.node):
            reading.note(read.origin, read.name, reader)
    keys = KeyNames(program)
    _read_by_name(reading, keys)
    for path in sorted(program.modules):
        _Module(reading, program.modules[path], keys).walk()
        SpecialMethods(reading, program.modules[path], lambda *run: _runs(reading, *run)).read()
    read_events(reading, lambda *run: _runs(reading, *run))


def _read_by_name(reading: Reading, keys: KeyNames) -> None:
    """`getattr(user, name)`, where anything may be meant, and is read in the greenlet for that."""
    program = reading.program
    calls = [(info, node) for info, node in program.facts.nameless if isinstance(node, ast.Call)]
    for info, node in sorted(calls, key=lambda c: (c[0].path, c[0].qualname, c[1].lineno, c[1].col_offset)):
        function = program.function_of(node)
        if function is None or _is_class(program, node.args[0], info):
            continue
        if names_column(function.source, node):
            reading.column_readers.add(function)
            continue
        names = keys.of(function.path, node.args[1])
        if names is not None and keys.are_plain(info, names) and not _is_expired(function, node):
            continue
        classes = [info, *program.classes.descendants(info)]
        if any(
            r.lazy not in QUERIES
            for c in classes
            if program.orm.is_model(c)
            for r in program.orm.relationships(c).values()
        ):
            reader = Reader(function.path, node, "code", f"{ast.unparse(node)}")
            reading.unknown.append((info, "any relationship", reader))


def _is_expired(function: FunctionInfo, node: ast.Call) -> bool:
    """Whether a session may have been told to forget what is loaded before an attribute is read."""
    told = (n for n in function.nodes if isinstance(n, ast.Attribute) and n.attr in FORGETTING)
    return any(n.lineno < node.lineno for n in told)


def _is_class(program: Program, node: ast.expr, info: ClassInfo) -> bool:
    """Whether classes are given where an annotation says that there is an instance: many write `model: Base`."""
    values = program.values(node)
    loaded = any(o.info is info and o.origin is not None for o in objects(values))
    return not loaded and any(isinstance(v, Cls) for v in values)


def _find_loops(reading: Reading) -> None:
    """Where one expression reads a relationship of what it has given before, in a loop or a recursion."""
    depths: dict[tuple[ast.AST, ast.AST, str], set[Steps]] = defaultdict(set)
    for read in reading.program.reads:
        if read.origin is not None:
            depths[read.node, read.origin.site, read.name].add(read.origin.steps)
    for (_, site, name), found in depths.items():
        for steps in found:
            deeper = (*steps, name)
            reading.loops[site] |= {s for s in found if s[: len(deeper)] == deeper}


def _reads_value(program: Program, path: str, node: ast.AST) -> bool:
    """Whether an attribute expression loads the relationship; a target of `=` or `del` is looked at elsewhere."""
    return not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load)


def _runs(reading: Reading, function: FunctionInfo, value: Obj, reader: Reader) -> None:
    """A method of an instance runs."""
    classes = reading.program.classes
    if function.cls not in (*classes.ancestors(value.info), *classes.descendants(value.info)):
        return
    if value.origin is None:
        reading.note_call_unknown(function, value.info, reader)
        reading.unknown += [(value.info, sub.name, reader) for sub in reading.columns_below(function, value.info)]
    elif value.origin.site is not function.node or value.origin.steps:
        reading.note_run(value, function, reader)


def _writes_text(node: ast.Call) -> bool:
    """Whether a call makes text of its arguments: `print(user)`, `"{}".format(user)`, `log.info("made %s", user)`."""
    if isinstance(node.func, ast.Name):
        return node.func.id == "print"
    if not isinstance(node.func, ast.Attribute):
        return False
    logs = node.func.attr in LOGGING and len(node.args) > 1 and _is_text(node.args[0])
    return logs or (node.func.attr == "format" and _is_text(node.func.value))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class _Module:
    def __init__(self, reading: Reading, module: ModuleInfo, keys: KeyNames) -> None:
        self.reading = reading
        self.keys = keys
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
                self._special(node.value, "__repr__" if node.conversion == ord("r") else "__str__", node.value)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
                for part in node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]:
                    self._special(part, "__str__", node)
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
            known = any(o.origin is not None for o in objects(self.program.values(node.value)))
            if value.origin is None and known:
                continue
            self._of_subclasses(value, node, node.attr)
            if value.origin is None and self.program.orm.relationship(value.info, node.attr) is not None:
                self.reading.unknown.append((value.info, node.attr, reader))
                continue
            proxy = self.reading.proxy(value.info, node.attr)
            if proxy is not None:
                relationship = self.program.orm.relationship(value.info, proxy[0])
                many = relationship is not None and relationship.collection
                # that of a collection reads when somebody looks into it
                by = replace(reader, apart=True, looked_into=True) if many else reader
                self.reading.attribute(frozenset({value}), node.attr, by)
            for function in self.program.calls(node):
                self._runs(function.info, value, reader)
            for method in self.reading.of_subclasses(value.info, node.attr):
                self._runs(method, value, reader)

    def _of_subclasses(self, value: Obj, node: ast.expr, name: str) -> None:
        for sub in self.program.orm.subclasses_with(value.info, name):
            reader = Reader(self.path, node, "code", f"{sub.name}.{name}")
            self.reading.below(value, sub, name, reader)

    def _by_text(self, node: ast.Call) -> None:
        """`getattr(product, "weight", None)`: a column that is deferred, or that only subclasses have."""
        for value in objects(best(self.program.values(node.args[0]))):
            for name in sorted(texts(self.program, self.keys, self.path, node.args[1])):
                if self.program.orm.is_model(value.info):
                    self.reading.note_column(value, name, Reader(self.path, node, "code", f"{value.info.name}.{name}"))
                    self._of_subclasses(value, node, name)

    def _call(self, node: ast.Call) -> None:
        self.fields.call(self.path, node)
        if isinstance(node.func, ast.Attribute):
            for value in best(self.program.values(self._receiver(node.func.value))):
                if isinstance(value, Obj) and self.program.orm.is_model(value.info):
                    reader = Reader(self.path, node, "code", f"{value.info.name}.{node.func.attr}()")
                    for function in self.program.calls(node):
                        self._runs(function.info, value, reader)
        elif isinstance(node.func, ast.Name) and node.func.id == "setattr" and node.args:
            self.reading.changed.update(o.info for o in objects(self.program.values(node.args[0])))
            for info, name in collections_set(self.program, self.keys, self.path, node):
                reader = Reader(self.path, node, "code", f"setattr() of {info.name}.{name}")
                self.reading.unknown.append((info, name, reader))
        elif isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr") and len(node.args) > 1:
            self._by_text(node)
        elif isinstance(node.func, ast.Name) and node.func.id in SPECIAL and len(node.args) == 1:
            self._special(node.args[0], SPECIAL[node.func.id], node)
        if _writes_text(node):
            for arg in (*node.args, *(k.value for k in node.keywords)):
                self._special(arg, "__str__", node)

    def _receiver(self, node: ast.expr) -> ast.AST:
        """The instance on which a method is called: that of the method around for `super()`."""
        is_super = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
        function = self.program.function_of(node) if is_super else None
        return function.parameters[0] if function is not None and function.parameters else node

    def _special(self, inner: ast.expr, name: str, node: ast.AST) -> None:
        values = best(self.program.values(inner))
        self._runs_special(values, name, node, inner)
        if name in ("__str__", "__repr__"):  # a list shows what is in it
            self._runs_special(best(self.reading.elements(values)), "__repr__", node, inner)

    def _runs_special(self, values: Values, name: str, node: ast.AST, inner: ast.expr) -> None:
        for value in objects(values):
            if not self.program.orm.is_model(value.info):
                continue
            method = self.program.classes.method(value.info, name)
            if method is None and name == "__str__":
                method = self.program.classes.method(value.info, "__repr__")
            by_call = isinstance(node, ast.Call) and node is not inner
            reader = Reader(self.path, node, "code", f"{name} of {value.info.name}", apart=not by_call)
            if method is not None:
                self._runs(method, value, reader)
            elif name in ("__str__", "__repr__") and value.origin is not None:
                self.fields.shown(value, reader)

    def _runs(self, function: FunctionInfo, value: Obj, reader: Reader) -> None:
        _runs(self.reading, function, value, reader)

    def _assigned(self, target: ast.Attribute) -> None:
        """Setting a collection, or an object that has the key, looks at what is there, which is loaded for that."""
        for value in objects(self.program.values(target.value)):
            self.reading.changed.add(value.info)
            relationship = self.program.orm.relationship(value.info, target.attr)
            if relationship is None or not relationship.loads_when_set or relationship.lazy in QUERIES:
                continue
            origin: Origin | None = value.origin
            reader = Reader(self.path, target, "code", f"{value.info.name}.{target.attr} =")
            if origin is not None:
                self.reading.note(origin, target.attr, reader)
            else:
                self.reading.unknown.append((value.info, target.attr, reader))
