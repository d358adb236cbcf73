"""What is read from loaded instances, by whom: the paths of relationships that each loading place must fill."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol

from asyncify.analysis.async_attrs import read_of
from asyncify.analysis.infer.attributes import is_property
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import (
    NOTHING,
    Cls,
    Ext,
    Fn,
    Inst,
    Obj,
    Origin,
    Rec,
    Value,
    Values,
    collection,
    objects,
    union,
)
from asyncify.knowledge import names
from asyncify.transforms.eager.hides import Hides

Steps = tuple[str, ...]
#: the columns that an edit of a mapping loads, each with the class of which it is read
Helped = frozenset[tuple[ClassInfo, str]]

#: longer paths than this come from walking a tree without end
LIMIT = 6
#: relationships that are queries and not attributes: no loader option can fill them
QUERIES = frozenset({"dynamic", "write_only"})
ASSOCIATION_PROXY = "sqlalchemy.ext.associationproxy.association_proxy"
CONTAINERS = frozenset({"list", "set", "generator", "asyncgenerator", "iterator", "tuple", "row"})
RESULTS = frozenset({names.QUERY, names.DYNAMIC, names.RESULT, names.SCALARS})


#: the end of a path of which is not known from which instance on it begins, or how deep it goes
SOMEWHERE = "*"


@dataclass(frozen=True)
class Reader:
    """Who reads. node: the expression in Python code that reads or hands the instance over; what: for people.

    kind: "code", "schema" or "template". apart: the read is no part of what the node does itself: it is done later, as
    when a schema is written out, or by something that hangs on an assignment. looked_into: the same, by what the code
    does with an association proxy of a collection. inner: the same reader inside of the
    function that `node` calls, where that waits for the database itself. unsure: see `Unloaded`.
    """

    path: str
    node: ast.AST
    kind: str
    what: str
    apart: bool = False
    looked_into: bool = False
    inner: Reader | None = None
    unsure: bool = False


class Carries(Protocol):
    """Knows who reads, for a call that runs a method, what a reader reads from the `self` of that method: the call, the
    reader, or nobody."""

    def __call__(self, method: ast.AST, call: Reader, reader: Reader) -> Reader | None: ...


@dataclass(eq=False)
class Reading:
    """Collects reads.

    paths: for each loading place (or, for what a method reads from `self`, its `def`) the paths and their readers.
    files: the file of each place. unknown: reads from instances whose loading place nobody knows.
    endless: reads that walk a tree as deep as it is. dynamic: reads of relationships that are queries.
    loops: for a loading place the paths at which a walk has come round: it has no end that is known.
    columns: attributes of instances that are none of these; column_reads: the same by loading place, with who reads;
    read_by: the functions that read each of them;
    left_out: those that the options of a statement leave out, with these.
    changed: classes with an attribute that is set somewhere. fetched: columns that the tests have seen loaded after a
    flush.
    shown: loading places whose instances are sent as they are, with the way to these, and the
    expressions that are sent.
    properties: those that run, and for whom.
    """

    program: Program
    hidden: Hides | None = None
    paths: dict[ast.AST, dict[Steps, list[Reader]]] = field(default_factory=lambda: defaultdict(dict))
    files: dict[ast.AST, str] = field(default_factory=dict)
    unknown: list[tuple[ClassInfo, str, Reader]] = field(default_factory=list)
    endless: dict[tuple[str, Reader], None] = field(default_factory=dict)
    loops: dict[ast.AST, set[Steps]] = field(default_factory=lambda: defaultdict(set))
    dynamic: list[tuple[str, Reader]] = field(default_factory=list)
    columns: set[tuple[ClassInfo, str]] = field(default_factory=set)
    column_reads: dict[ast.AST, dict[str, Reader]] = field(default_factory=lambda: defaultdict(dict))
    read_by: dict[tuple[ClassInfo, str], set[FunctionInfo | None]] = field(default_factory=lambda: defaultdict(set))
    changed: set[ClassInfo] = field(default_factory=set)
    fetched: set[tuple[ClassInfo, str]] = field(default_factory=set)
    shown: dict[tuple[ast.AST, Steps], set[ast.expr]] = field(default_factory=dict)
    properties: set[tuple[FunctionInfo, Reader]] = field(default_factory=set)
    left_out: dict[tuple[str, Reader], frozenset[ast.expr]] = field(default_factory=dict)
    #: functions that read every column of an instance, by the names that its mapping has
    column_readers: set[FunctionInfo] = field(default_factory=set)
    #: functions that Python or a library calls: who does it, and with what, is known
    called: set[FunctionInfo] = field(default_factory=set)
    #: functions that those call: they stay plain as well
    followed: set[FunctionInfo] = field(default_factory=set)
    _calls: set[tuple[ast.AST, Origin, Reader]] = field(default_factory=set)
    _unknown_calls: dict[tuple[ast.AST, ClassInfo, Reader], None] = field(default_factory=dict)

    def note(self, origin: Origin, name: str, reader: Reader) -> None:
        """A relationship is read from an instance."""
        if self._is_round(origin):
            self.endless[name, reader] = None
            return
        self._note(origin.site, origin.path, (*origin.steps, name), reader)

    def _note(self, site: ast.AST, path: str, steps: Steps, reader: Reader) -> bool:
        self.files[site] = path
        readers = self.paths[site].setdefault(steps, [])
        if reader in readers:
            return False
        readers.append(reader)
        return True

    def note_column(self, value: Obj, name: str, reader: Reader) -> None:
        """Something else than a relationship is read from an instance."""
        self.columns.add((value.info, name))
        self.read_by[value.info, name].add(self.program.function_of(reader.node))
        if value.origin is not None and not value.origin.steps:
            self.files[value.origin.site] = value.origin.path
            self.column_reads[value.origin.site].setdefault(name, reader)
        if value.origin is None and self.hidden is not None and self.hidden.asked_for(value.info, name) is not None:
            self.unknown.append((value.info, name, reader))
        if value.origin is not None and self.hidden is not None:
            by = self.hidden.leaves_out(value.origin.site, value.origin.steps, value.info, name)
            if by:
                self.left_out[name, reader] = by

    def note_call(self, function: FunctionInfo, origin: Origin, reader: Reader) -> None:
        """A method or property runs on an instance: whatever it reads from `self` is read from that."""
        if self._is_round(origin):
            self.endless[function.name, reader] = None
        else:
            self._calls.add((function.node, origin, reader))

    def _is_round(self, origin: Origin) -> bool:
        return any(origin.steps[: len(loop)] == loop for loop in self.loops.get(origin.site, ()))

    def note_run(self, value: Obj, method: FunctionInfo, reader: Reader) -> None:
        """A method runs on an instance. That of a subclass does so on its instances: it reads what only those have."""
        orm, owner = self.program.orm, method.cls
        if value.origin is None:
            return
        for sub in self.columns_below(method, value.info):
            self.note(value.origin, sub.name, reader)
        if owner is None or orm.subclass(value.info, owner.name) is not owner:
            self.note_call(method, value.origin, reader)
            return
        self.note_call(method, value.origin.step(owner.name), reader)
        columns = orm.columns(owner).keys() - orm.columns(value.info).keys()
        reads = {n.attr for n in method.nodes if isinstance(n, ast.Attribute)}
        if columns & reads and not orm.is_loaded_with_base(owner):
            self.note(value.origin, owner.name, reader)

    def columns_below(self, method: FunctionInfo, info: ClassInfo) -> list[ClassInfo]:
        """The subclasses of which a method that reads every column reads what is not loaded with their base."""
        orm = self.program.orm
        if method not in self.column_readers or not orm.is_model(info):
            return []
        below = [
            c for c in self.program.classes.descendants(info) if orm.is_model(c) and not orm.is_loaded_with_base(c)
        ]
        return [c for c in below if orm.columns(c).keys() - orm.columns(info).keys()]

    def note_call_unknown(self, function: FunctionInfo, info: ClassInfo, reader: Reader) -> None:
        """The same on an instance of a class whose loading place nobody knows."""
        self._unknown_calls.setdefault((function.node, info, reader))

    def shows(self, site: ast.AST, steps: Steps, readers: list[Reader]) -> bool:
        """Whether what a path loads would show in something that is sent as it is, before which none of the readers
        always reads it."""
        sent = (node for end in range(len(steps)) for node in self.shown.get((site, steps[:end]), ()))
        nodes = [reader.node for reader in readers]
        return any(not any(self._reads_anyway(n, node) for n in (*nodes, *self._awaited(node, steps))) for node in sent)

    def _awaited(self, sent: ast.AST, steps: Steps) -> list[ast.AST]:
        """What an earlier run has let wait for the end of a path, in the function that sends something."""
        function = self.program.function_of(sent)
        nodes = function.nodes if function is not None else ()
        return [n for n in nodes if (read := read_of(self.program, n)) is not None and read[1:] == steps[-1:]]

    def _reads_anyway(self, reader: ast.AST, sent: ast.AST) -> bool:
        """Whether a reader always reads before something is sent, by the same function."""
        function = self.program.function_of(reader)
        if function is None or self.program.function_of(sent) is not function:
            return False
        source = function.source
        if source.span(sent) < source.span(reader) and not any(node is reader for node in ast.walk(sent)):
            return False
        inner, outer = reader, source.parent(reader)
        while outer is not None and outer is not function.node:
            if isinstance(outer, (ast.If, ast.IfExp)) and inner is not outer.test:
                return any(node is sent for node in ast.walk(outer))
            inner, outer = outer, source.parent(outer)
        return True

    def close(self, carries: Carries) -> None:
        """Carry what methods read from `self` to the instances on which they run."""
        changed = True
        recursive: set[ast.AST] = set()
        while changed:
            changed = False
            for callee, origin, reader in self._calls:
                again = origin.site is callee
                if callee in recursive or (again and origin.steps):
                    if isinstance(origin.site, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        changed = changed or origin.site not in recursive
                        recursive.add(origin.site)
                    else:
                        self.endless[getattr(callee, "name", ""), reader] = None
                for steps, readers in () if again else list(self.paths.get(callee, {}).items()):
                    whole = (*origin.steps, *steps)
                    by = dict.fromkeys(carries(callee, reader, one) for one in readers)
                    if len(whole) > LIMIT:
                        changed = changed or callee not in recursive
                        recursive.add(callee)
                        continue
                    for one in by:
                        if one is not None and self._note(origin.site, origin.path, whole, one):
                            changed = True
        for callee, info, reader in self._unknown_calls:
            for steps, readers in self.paths.get(callee, {}).items():
                by = dict.fromkeys(carries(callee, reader, one) for one in readers)
                self.unknown += [(info, ".".join(steps), one) for one in by if one is not None]
        self.unknown[:] = [u for u in self.unknown if self.program.function_of(u[2].node) not in self.called]

    # -- walking values ------------------------------------------------------------------------------

    def attribute(self, base: Values, name: str, reader: Reader) -> Values:
        """Read an attribute of values; gives what it holds."""
        found: list[Values] = []
        for value in best(base):
            if isinstance(value, Obj) and self.program.orm.is_model(value.info):
                found.append(self._of_model(value, name, reader))
            elif isinstance(value, Obj):
                found.append(self._of_carrier(value, name, reader))
            elif isinstance(value, Rec):
                found.append(value.get(name))
            elif isinstance(value, Inst) and value.type == "row":
                found.extend(frozenset(o for o in objects(e) if o.info.name == name) for e in value.args)
        return union(found)

    def _of_model(self, value: Obj, name: str, reader: Reader) -> Values:
        orm = self.program.orm
        relationship = orm.relationship(value.info, name)
        if relationship is not None:
            if relationship.lazy in QUERIES:
                self.dynamic.append((f"{value.info.name}.{name}", reader))
                return NOTHING
            origin = None
            if value.origin is None:
                self.unknown.append((value.info, name, reader))
            else:
                self.note(value.origin, name, reader)
                origin = value.origin.step(name) if len(value.origin.steps) < LIMIT else None
            if relationship.target is None:
                return NOTHING
            target: Values = frozenset({Obj(relationship.target, origin)})
            return relationship.held(target)
        proxy = self.proxy(value.info, name)
        if proxy is not None:
            inner = self.attribute(frozenset({value}), proxy[0], reader)
            many = any(isinstance(v, Inst) for v in inner)
            ends = self.attribute(self.elements(inner) if many else inner, proxy[1], reader)
            return frozenset({collection("list", ends)}) if many and ends else ends
        method = self.program.classes.method(value.info, name)
        if method is not None and is_property(Fn(method)):
            self.properties.add((method, reader))
        if method is not None and is_property(Fn(method)):
            if value.origin is None:
                self.note_call_unknown(method, value.info, reader)
                return NOTHING
            self.note_call(method, value.origin, reader)
            for other in self.program.classes.descendants(value.info):
                if name in other.methods:
                    self.note_run(value, other.methods[name], reader)
            return self.result(method, value.origin)
        self.note_column(value, name, reader)
        subclasses = self.program.orm.subclasses_with(value.info, name)
        held = self.program.held(value.info, name)  # what code has put there
        held |= union(self._by_subclass(value, one, reader) for one in self.of_subclasses(value.info, name))
        return held | union(self._of_model(self.below(value, sub, name, reader), name, reader) for sub in subclasses)

    def of_subclasses(self, info: ClassInfo, name: str) -> list[FunctionInfo]:
        """The properties of a name that mapped subclasses have, and the class itself has not."""
        below = (c for c in self.program.classes.descendants(info) if self.program.orm.is_model(c))
        found = [c.methods[name] for c in below if name in c.methods and is_property(Fn(c.methods[name]))]
        return found if self.program.classes.method(info, name) is None else []

    def _by_subclass(self, value: Obj, method: FunctionInfo, reader: Reader) -> Values:
        """What such a property reads, and gives."""
        self.properties.add((method, reader))
        if value.origin is None or method.cls is None:
            self.note_call_unknown(method, value.info, reader)
            return NOTHING
        self.note_run(value, method, reader)
        return self.result(method, value.origin.step(method.cls.name))

    def below(self, value: Obj, info: ClassInfo, name: str, reader: Reader) -> Obj:
        """An instance as one of the subclass that alone has an attribute: what loads the base does not load that."""
        if value.origin is None:
            if not self.program.orm.is_loaded_with_base(info):
                self.unknown.append((value.info, name, reader))
            return Obj(info)
        if not self.program.orm.is_loaded_with_base(info):
            self.note(value.origin, info.name, reader)
        return Obj(info, value.origin.step(info.name))

    def _of_carrier(self, value: Obj, name: str, reader: Reader) -> Values:
        """What an instance of a class that is no model holds; its properties read on their own."""
        method = self.program.classes.method(value.info, name)
        if method is None:
            return self.program.held(value.info, name)
        if not is_property(Fn(method)):
            return NOTHING
        self.properties.add((method, reader))
        return union(self.program.values(n.value) for n in method.nodes if isinstance(n, ast.Return) and n.value)

    def proxy(self, info: ClassInfo, name: str) -> tuple[str, str] | None:
        """The relationship and the attribute behind an association proxy."""
        found = self.program.orm.call_of(info, name)
        if found is None or len(found[0].args) < 2:
            return None
        call, path = found
        made = self.program.names.resolve_expression(path, call.func)
        texts = [a.value for a in call.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        known = isinstance(made, Ext) and made.name == ASSOCIATION_PROXY and len(texts) == 2
        return (texts[0], texts[1]) if known else None

    def result(self, method: FunctionInfo, origin: Origin) -> Values:
        """What a property gives, with the origin of the instance in the place of `self`."""
        returned = (n.value for n in method.nodes if isinstance(n, ast.Return) and n.value is not None)
        return union(moved(self.program.values(node), method.node, origin) for node in returned)

    def elements(self, values: Values) -> Values:
        """What iterating over values gives."""
        found: list[Values] = []
        for value in values:
            if not isinstance(value, Inst):
                continue
            if value.type in CONTAINERS or value.type == "dict":
                found.extend(value.args if value.type in ("tuple", "row") else value.args[:1])
            elif value.type in RESULTS:
                found.append(self.rows(value))
        return union(found)

    def rows(self, result: Inst) -> Values:
        """One row of a query or result."""
        parts = tuple(frozenset(Obj(v.info, result.origin) for v in part if isinstance(v, Cls)) for part in result.args)
        if len(parts) == 1 and result.type != names.RESULT:
            return parts[0]
        return frozenset({Inst("row", parts)})


def moved(values: Values, site: ast.AST, origin: Origin) -> Values:
    """The same values, with instances that came from `site` now coming from an origin."""
    return frozenset(_moved(v, site, origin) for v in values)


def _moved(value: Value, site: ast.AST, origin: Origin) -> Value:
    if isinstance(value, Obj) and value.origin is not None and value.origin.site is site:
        return Obj(value.info, Origin(origin.path, origin.site, (*origin.steps, *value.origin.steps)[:LIMIT]))
    if isinstance(value, Inst) and value.args:
        return Inst(value.type, tuple(moved(a, site, origin) for a in value.args), value.origin)
    if isinstance(value, Rec):
        return Rec(tuple((k, moved(v, site, origin)) for k, v in value.items))
    return value


def best(values: Values) -> Values:
    """Values without the instances of unknown origin of a class of which others have a known one: an annotation says
    less than what was seen."""
    known = {o.info for o in objects(values) if o.origin is not None}
    return frozenset(v for v in values if not (isinstance(v, Obj) and v.origin is None and v.info in known))
