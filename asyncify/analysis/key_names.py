"""The names over which a loop goes that reads or sets attributes by name, where the program itself says which they are.

`for name, value in data.model_dump(exclude_unset=True).items(): setattr(user, name, value)` sets what the schema has.
Source: pydantic "Serialization", `model_dump`, `dict`, `model_fields_set`; FastAPI "JSON Compatible Encoder".
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from asyncify.analysis.assignments import assigned
from asyncify.analysis.infer.forwarding import FORWARDS
from asyncify.analysis.mock_calls import arguments
from asyncify.analysis.names import Assigned
from asyncify.analysis.nodes import last_name
from asyncify.analysis.program import Program
from asyncify.analysis.schema_order import BASE_MODELS, is_schema
from asyncify.analysis.schemas import Schemas, Shape
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import Cls, Ext, Fn, Inst, Obj, Rec, Values
from asyncify.knowledge.barriers import FUNCTION_AT
from asyncify.knowledge.names import canonical

#: methods that give a schema as a dictionary. Source: pydantic 2 `BaseModel.model_dump`, pydantic 1 `BaseModel.dict`
DUMPS = frozenset({"model_dump", "dict"})
#: attributes of a schema, or of its class, that are its names
FIELDS = frozenset({"model_fields_set", "__fields_set__", "model_fields", "__fields__", "__dict__"})
#: what gives a mapping or names as they are
SAME = frozenset({"list", "sorted", "set", "tuple", "dict", "reversed", "jsonable_encoder", "vars", "OrderedDict"})
VIEWS = frozenset({"items", "keys", "copy"})
#: how far names are followed through callers and assignments
DEPTH = 6
#: what makes a column load itself. Source: SQLAlchemy "Fetching Server-Generated Defaults", "Limiting which
#: Columns Load with Column Deferral", "Computed Columns"
LOADS_LATER = ("deferred", "deferred_group", "onupdate", "server_onupdate", "server_default", "Computed")
#: decorators of functions that nobody calls but those that the program shows
PLAIN = frozenset({"staticmethod", "classmethod"})

Names = frozenset[str] | None


@dataclass
class KeyNames:
    """Answers for one program. None where names may be others than those that can be seen."""

    program: Program
    _known: dict[tuple[str, ast.AST], Names] = field(default_factory=dict)

    def of(self, path: str, node: ast.expr) -> Names:
        """The texts that an expression may be."""
        key = (path, node)
        if key not in self._known:
            self._known[key] = self._text(path, node, DEPTH)
        return self._known[key]

    def _text(self, path: str, node: ast.expr, depth: int) -> Names:
        if isinstance(node, ast.Constant):
            return frozenset({node.value}) if isinstance(node.value, str) else None
        if not isinstance(node, ast.Name) or depth == 0:
            return None
        current: ast.AST | None = node
        while current is not None and not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef)):
            own = ast.walk(current.args) if isinstance(current, ast.Lambda) else ()
            if any(isinstance(n, ast.arg) and n.arg == node.id for n in own):
                return None
            for target, items in loops(current):
                if _stores(target, node.id) and node not in ast.walk(items):
                    again = _stores(current, node.id) > 1  # `key = key.removesuffix("_id")`
                    return self._keys(path, items, depth - 1) if is_key(target, node.id) and not again else None
            current = self.program.modules[path].source.parent(current)
        return self._bound(path, node, depth, self._text)

    def _keys(self, path: str, node: ast.expr, depth: int) -> Names:
        """The keys of a mapping, or what a list of names holds."""
        if depth == 0:
            return None
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            return _union(self._text(path, k, depth) if k else self._keys(path, v, depth) for k, v in pairs)
        if isinstance(node, ast.DictComp):
            return self._text(path, node.key, depth)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return _union(self._text(path, item, depth) for item in node.elts)
        if isinstance(node, ast.IfExp):
            return _union(self._keys(path, part, depth) for part in (node.body, node.orelse))
        if isinstance(node, ast.BoolOp):
            return _union(self._keys(path, part, depth) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _union(self._keys(path, part, depth) for part in (node.left, node.right))
        if isinstance(node, ast.Await):
            return self._keys(path, node.value, depth)
        if isinstance(node, ast.Call):
            return self._called(path, node, depth)
        values = self.program.values(node)
        if not isinstance(node, ast.Name) or not any(isinstance(v, Rec) for v in values):
            fields = self._fields(values)
            if fields is not None:
                return fields
        if isinstance(node, ast.Attribute):
            return self._fields(self.program.values(node.value)) if node.attr in FIELDS else None
        return self._bound(path, node, depth, self._keys) if isinstance(node, ast.Name) else None

    def _called(self, path: str, node: ast.Call, depth: int) -> Names:
        if isinstance(node.func, ast.Attribute) and node.func.attr in DUMPS:
            values = self.program.values(node.func.value)
            # an annotation says less than what is given, as `Union[BaseModel, dict]`; no dictionary has such a method
            said = frozenset(v for v in values if isinstance(v, Inst) and v.type in ("dict", *BASE_MODELS))
            return self._fields(values - said)
        if isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS and not node.args:
            return self._keys(path, node.func.value, depth)
        if last_name(node.func) not in SAME:
            return self._returned(node, depth)
        if any(k.arg is None for k in node.keywords):
            return None
        named = frozenset(k.arg for k in node.keywords if k.arg) if last_name(node.func) == "dict" else frozenset[str]()
        return _union([named, *(self._keys(path, arg, depth) for arg in node.args[:1])])

    def _returned(self, node: ast.Call, depth: int) -> Names:
        """The keys of what a function of the program returns: `return {"name": name, "age": age}`."""
        called = self.program.values(self._function(node))
        functions = [v.info for v in called if isinstance(v, Fn)]
        if not called or len(functions) != len(called):
            return None
        if any(f.is_generator or not f.decorators <= PLAIN for f in functions):
            return None
        values = [(f.path, n.value) for f in functions for n in f.nodes if isinstance(n, ast.Return)]
        known = [self._keys(path, value, depth - 1) for path, value in values if value is not None]
        return _union(known) if known else None

    def _function(self, node: ast.Call) -> ast.expr:
        """What a call calls, also in a thread or a greenlet: `run_in_threadpool(build, 1)`, `db.run_sync(build)`."""
        position, gives = 0, last_name(node.func) == "run_sync"
        for value in self.program.values(node.func):
            if isinstance(value, Ext):
                name = canonical(value.name)
                position, gives = FUNCTION_AT.get(name) or 0, FORWARDS.get(name, False)
        return node.args[position] if gives and len(node.args) > position else node.func

    def _bound(self, path: str, node: ast.Name, depth: int, ask: Callable[[str, ast.expr, int], Names]) -> Names:
        """What a name is given: by assignments, or by all who call the function of which it is a parameter."""
        function = self.program.function_of(node)
        while function is not None and node.id not in function.local_names:
            function = function.parent
        if function is None:
            meant = self.program.names.resolve_expression(path, node)
            if not isinstance(meant, Assigned):
                return None
            module = self.program.modules[meant.path]
            nodes = module.source.nodes
            told = any(isinstance(n, ast.Global) and meant.name in n.names for n in nodes)
            if told or len(module.top[meant.name]) != 1:
                return None
            return _union([ask(meant.path, meant.value, depth - 1), *self._added(meant.path, nodes, meant.name, depth)])
        if any(arg.arg == node.id for arg in function.parameters):
            given = self._handed(function, node.id)
        else:
            given = [(path, value) for value in assigned(function, node.id)]
        if not given:
            return None
        added = self._added(function.path, function.nodes, node.id, depth)
        return _union([*(ask(where, value, depth - 1) for where, value in given), *added])

    def _handed(self, function: FunctionInfo, name: str) -> list[tuple[str, ast.expr]]:
        """What all who call a function give a parameter; nothing where others may call it, as a route."""
        stored = any(isinstance(n, ast.Name) and n.id == name and not _is_read(n) for n in function.nodes)
        several = {a.arg for a in (function.node.args.vararg, function.node.args.kwarg) if a is not None}
        if stored or name in several or not function.decorators <= PLAIN or function in self._called_elsewhere:
            return []
        default = function.default_of(name)
        own = [] if default is None or _is_none(default) else [(function.path, default)]
        return [*self._given.get((function, name), ()), *own]

    def _added(self, path: str, nodes: Iterable[ast.AST], name: str, depth: int) -> Iterator[Names]:
        """What code puts into the mapping or list of this name: `values["name"] = name`, `names.append(name)`; also in
        a function to which it is given."""
        source = self.program.modules[path].source
        for node in nodes:
            if not isinstance(node, ast.Name) or node.id != name or not _is_read(node):
                continue
            user = source.parent(node)
            outer = source.parent(user) if user is not None else None
            if isinstance(user, ast.Subscript) and user.value is node and not _is_read(user):
                yield self._text(path, user.slice, 1) if isinstance(user.ctx, ast.Store) else frozenset()
            elif isinstance(user, ast.Attribute) and isinstance(outer, ast.Call) and outer.func is user:
                yield from self._put(path, user.attr, outer)
            elif isinstance(user, ast.Call) and node in user.args and depth > 0:
                yield from self._added_inside(user, node, depth - 1)
            elif isinstance(user, ast.keyword) and user.arg and isinstance(outer, ast.Call) and depth > 0:
                yield from self._added_inside(outer, node, depth - 1)

    def _put(self, path: str, method: str, call: ast.Call) -> Iterator[Names]:
        """What a call of a method of a mapping or list puts into it."""
        if method in ("setdefault", "append", "add") and call.args:
            yield self._text(path, call.args[0], 1)
        elif method == "insert":
            yield self._text(path, call.args[-1], 1) if call.args else None
        elif method in ("update", "extend"):
            yield frozenset(k.arg for k in call.keywords if k.arg)
            double = [k.value for k in call.keywords if k.arg is None]
            yield from (self._keys(path, part, 2) for part in (*call.args, *double))

    def _added_inside(self, call: ast.Call, given: ast.Name, depth: int) -> Iterator[Names]:
        for function, parameter, value in arguments(self.program, call):
            if value is given:
                yield from self._added(function.path, function.nodes, parameter.arg, depth)

    def are_plain(self, info: ClassInfo, names: Iterable[str]) -> bool:
        """Whether all of these are attributes of a model, and of those below it, that are loaded with the row, or
        none of its attributes at all."""
        classes = [info, *self.program.classes.descendants(info)]
        return all(self._is_plain(c, name) for c in classes for name in names)

    def _is_plain(self, info: ClassInfo, name: str) -> bool:
        column = self.program.orm.columns(info).get(name)
        if column is not None:
            return column.call is None or not any(word in ast.unparse(column.call) for word in LOADS_LATER)
        known = self.program.classes.program_ancestors(info)
        other = any(name in base.attributes or name in base.methods for base in known)
        return not other and self.program.orm.relationship(info, name) is None

    def _fields(self, values: Values) -> Names:
        """The names of the fields of what can only be schemas, or of the columns of models that are dumped."""
        if values and all(isinstance(v, Rec) for v in values):
            return frozenset(key for v in values if isinstance(v, Rec) for key, _ in v.items)
        infos = [v.info for v in values if isinstance(v, (Obj, Cls))]
        if not infos or len(infos) != len(values):
            return None
        return _union(self._of_class(c) for info in infos for c in (info, *self.program.classes.descendants(info)))

    def _of_class(self, info: ClassInfo) -> Names:
        if not is_schema(self.program, info):
            return None
        if self.program.orm.is_model(info):  # of SQLModel, which writes its relationships out of no row
            return frozenset(self.program.orm.columns(info))
        bases = self.program.classes.program_ancestors(info)
        if any(_is_unlike_its_fields(base) for base in bases):
            return None
        fields = self._schemas.fields(Shape(info))
        return frozenset(name for f in fields for name in (f.name, *f.sources)) | {m for b in bases for m in b.methods}

    @cached_property
    def _schemas(self) -> Schemas:
        return Schemas(self.program)

    @cached_property
    def _given(self) -> dict[tuple[FunctionInfo, str], list[tuple[str, ast.expr]]]:
        """What calls hand to each parameter."""
        found: dict[tuple[FunctionInfo, str], list[tuple[str, ast.expr]]] = defaultdict(list)
        for path in sorted(self.program.modules):
            for call in self.program.modules[path].source.nodes_of(ast.Call):
                for function, parameter, value in arguments(self.program, call):
                    found[function, parameter.arg].append((path, value))
        return found

    @cached_property
    def _called_elsewhere(self) -> frozenset[FunctionInfo]:
        """Functions that are values as well, which anybody may call, and those that are given `*rows` or `**values`."""
        found = {f.info for functions in self.program.facts.handed.values() for f in functions}
        for module in self.program.modules.values():
            for node in module.source.nodes_among(frozenset({ast.Name, ast.Attribute, ast.Call})):
                if isinstance(node, ast.Call):
                    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
                        found |= {f.info for f in self.program.calls(node)}
                    continue
                user = module.source.parent(node)
                if not (isinstance(user, ast.Call) and user.func is node):
                    assert isinstance(node, (ast.Name, ast.Attribute))
                    found |= {v.info for v in self.program.values(node) if isinstance(v, Fn)}
        return frozenset(found)


def is_key(target: ast.expr, name: str) -> bool:
    """Whether a loop calls the keys of a mapping so."""
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    return isinstance(first, ast.Name) and first.id == name


def loops(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Targets of loops, with what they go over."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        yield node.target, node.iter
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        yield from ((part.target, part.iter) for part in node.generators)


def _union(parts: Iterable[Names]) -> Names:
    """All names of all parts; None where those of one are not known."""
    found = list(parts)
    known = [part for part in found if part is not None]
    return frozenset[str]().union(*known) if len(known) == len(found) else None


def _stores(node: ast.AST, name: str) -> int:
    """How often a name is bound somewhere in a node."""
    return sum(isinstance(n, ast.Name) and n.id == name and not _is_read(n) for n in ast.walk(node))


def _is_read(node: ast.Name | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_unlike_its_fields(info: ClassInfo) -> bool:
    """Whether a schema takes more than its fields, or writes itself out in its own way."""
    decorators = (ast.unparse(d) for method in info.methods.values() for d in method.node.decorator_list)
    if not DUMPS.isdisjoint(info.methods) or any("model_serializer" in text for text in decorators):
        return True
    settings = [s for s in info.node.body if isinstance(s, (ast.Assign, ast.AnnAssign, ast.ClassDef))]
    words = (ast.unparse(s) for s in settings)
    return any("extra" in text and "allow" in text for text in words) or any(
        k.arg == "extra" for k in info.node.keywords
    )
