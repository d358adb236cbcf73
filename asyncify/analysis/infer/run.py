"""The state of one walk of one unit."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from asyncify.analysis.infer.engine import Engine, Key, Read, Record
from asyncify.analysis.infer.schedule import Unit
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import NOTHING, Cls, Const, Ext, Fn, Inst, Obj, Origin, Pattern, Value, Values, union
from asyncify.knowledge import names
from asyncify.knowledge.names import is_a

Env = dict[str, Values]

#: library classes whose program subclasses still count as one of them
LIBRARY_BASES = (
    names.SESSION,
    names.ASYNC_SESSION,
    names.SESSIONMAKER,
    names.QUERY,
    names.TEST_CLIENT,
    names.FASTAPI,
    names.ROUTER,
)


@dataclass(slots=True)
class Run:
    """One walk. `env` is what the local names hold at the point that is being walked.

    receiver: the class of `self` that the unit is walked for; for an annotation, the one that it is read for.
    path: the file of the unit. function: the function that is walked; None for a module.
    elsewhere: when set, names are those of the top level of this other module (for aliases of annotations).
    outside: names are those around the function.
    """

    engine: Engine
    unit: Unit
    receiver: ClassInfo | None = None
    record: Record = field(default_factory=Record)
    env: Env = field(default_factory=dict)
    loop_exits: list[list[Env]] = field(default_factory=list)
    class_scope: list[ClassInfo] = field(default_factory=list)
    elsewhere: str | None = None
    outside: bool = False
    path: str = field(init=False)
    function: FunctionInfo | None = field(init=False)
    expressions: Mapping[type[ast.expr], Callable[[Run, Any], Values]] = field(init=False)

    def __post_init__(self) -> None:
        body = self.unit[0]
        self.path = self.elsewhere or body.path
        self.function = body if isinstance(body, FunctionInfo) and self.elsewhere is None else None
        self.expressions = self.engine.language.expressions

    @property
    def module(self) -> ModuleInfo:
        """The module of the unit."""
        return self.engine.modules[self.path]

    def at(self, path: str) -> Run:
        """The same walk with the names of another module's top level."""
        return self.at_for(path, self.receiver)

    def at_for(self, path: str, receiver: ClassInfo | None) -> Run:
        """The same walk with the names of another module's top level, and another class of `self`."""
        if path == self.path and self.function is None and receiver is self.receiver:
            return self
        return Run(self.engine, self.unit, receiver, self.record, elsewhere=path)

    def around(self) -> Run:
        """The same walk with the names around the function, as its annotations and defaults see them: in
        `def read(user: User = Depends(user))` and `def create(user: user.New)` the second name is no parameter."""
        return Run(self.engine, self.unit, self.receiver, self.record, elsewhere=self.elsewhere, outside=True)

    def read(self, *key: object) -> Values:
        """A cell."""
        return self.engine.read(key, self.unit)

    def write(self, key: Key, values: Values) -> None:
        """Join into a cell."""
        if values:
            self.engine.write(key, values)

    def note(self, node: ast.AST, values: Values) -> Values:
        """Keep what a node is."""
        for value in values:
            if not isinstance(value, (Const, Pattern)):
                noted = self.record.values
                old = noted.get(node)
                noted[node] = values if old is None or old is values else old | values
                break
        return values

    def note_call(self, node: ast.AST, function: Fn) -> None:
        """Keep that a node runs a function."""
        self.record.calls.setdefault(node, set()).add(function)

    def note_handed(self, node: ast.AST, values: Values) -> None:
        """Keep that a node hands functions over to code that is not in the program."""
        partials = (v for v in values if isinstance(v, Inst) and v.type == "functools.partial" and v.args)
        found = {v for v in union((values, *(p.args[0] for p in partials))) if isinstance(v, Fn)}
        if found:
            self.record.handed.setdefault(node, set()).update(found)

    def note_read(self, origin: Origin | None, owner: ClassInfo, name: str, node: ast.AST) -> None:
        """Keep that a relationship is read from an instance."""
        self.record.reads.append(Read(origin, owner, name, node, self.path))

    # -- names ---------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Values:
        """The values of a name here."""
        known = self.env.get(name)
        if known is not None:
            return known
        function = self.function
        if function is not None:
            if name in function.local_names and not self.outside:
                return NOTHING
            outer = function.parent
            while outer is not None:
                if name in outer.local_names:
                    # a wrapper stands in the place of a method, and the decorator around it is a plain function
                    return self.read("local", outer, self.receiver if function.method else None, name)
                outer = outer.parent
        found = self.engine.global_values(self.path, name, self.unit)
        if not found and name not in self.module.bound and name in BUILTINS:
            return BUILTINS[name]
        return found

    def bind(self, name: str, values: Values) -> None:
        """Give a local (or, in a module body, top-level) name a value."""
        self.env[name] = values
        function = self.function
        if self.class_scope:
            return
        if function is None:
            self.write(("global", self.path, name), values)
        elif name not in function.local_names:
            self._bind_outer(function, name, values)
        elif function.has_inner:
            self.write(("local", function, self.receiver, name), values)

    def _bind_outer(self, function: FunctionInfo, name: str, values: Values) -> None:
        """`global` and `nonlocal` names."""
        outer = function.parent
        while outer is not None:
            if name in outer.local_names:
                self.write(("local", outer, self.receiver, name), values)
                return
            outer = outer.parent
        self.write(("global", self.path, name), values)

    # -- instances -----------------------------------------------------------------------------------

    def instance(self, info: ClassInfo, origin: Origin | None = None) -> Values:
        """An instance of a program class; also an instance of the library class that it extends."""
        also = self.engine.library_instances.get(info)
        if also is None:
            bases = (b.name for b in self.engine.classes.ancestors(info) if isinstance(b, Ext))
            also = frozenset(Inst(name) for name in bases if any(is_a(name, n) for n in LIBRARY_BASES))
            self.engine.library_instances[info] = also
        own = frozenset({Obj(info, origin if origin and self.engine.orm.is_model(info) else None)})
        return own | also if also else own

    def instances(self, entities: Values, origin: Origin | None) -> Values:
        """What a query over these entities gives: instances of mapped classes; columns give nothing known."""
        found: set[Value] = set()
        for value in entities:
            if isinstance(value, Cls):
                found |= self.instance(value.info, origin)
            elif isinstance(value, Inst) and value.type == "sqlalchemy.orm.aliased":
                found |= self.instances(value.args[0], origin)
        return frozenset(found)


_BUILTINS = (
    "abs all any bool bytes callable dict enumerate filter float frozenset getattr hasattr int isinstance issubclass "
    "iter len list map max min next object print property range reversed set setattr sorted staticmethod str sum super "
    "tuple type vars zip classmethod open id repr Exception ValueError __import__".split()
)
BUILTINS: Mapping[str, Values] = MappingProxyType({name: frozenset({Ext(f"builtins.{name}")}) for name in _BUILTINS})
