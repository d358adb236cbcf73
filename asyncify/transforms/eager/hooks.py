"""What the code of schemas reads of what they are given: validators, serializers, computed fields.

Pydantic calls these functions by itself, so nothing in the program says what their parameters hold: they are walked
with the instances that are validated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from asyncify.analysis.infer.attributes import is_property
from asyncify.analysis.schema_hooks import Function
from asyncify.analysis.schemas import VALIDATORS
from asyncify.analysis.symbols import ClassInfo, FunctionInfo
from asyncify.analysis.values import NOTHING, Fn, Inst, Rec, Values, collection, objects, union
from asyncify.transforms.eager.reading import Reader, Reading

#: functions that the walk follows into functions
DEPTH = 6
#: builtins that give what their argument holds. Source: Python library reference, "Built-in Functions"
SAME = frozenset({"list", "sorted", "reversed", "iter", "tuple", "set", "frozenset"})
FIRST = frozenset({"next", "min", "max"})


#: what is told of `Schema.model_validate(values)`: the file, the expression for the schema, and the values
Validates = Callable[[str, ast.expr, Values], None]


def run_hook(
    reading: Reading,
    function: Function,
    arguments: Sequence[Values],
    reader: Reader,
    schema: ClassInfo | None = None,
    validates: Validates | None = None,
) -> Values:
    """Note what a function reads of its arguments; gives what it returns. schema: the class of `self`."""
    return _Walk(reading, reader, schema, 0, {}, validates).function(function, arguments)


class _Walk:
    """One function with what its names hold. Names keep all that they were ever given: the order does not matter."""

    def __init__(
        self,
        reading: Reading,
        reader: Reader,
        schema: ClassInfo | None,
        depth: int,
        known: dict[tuple[FunctionInfo, tuple[Values, ...]], Values],
        validates: Validates | None,
    ) -> None:
        self.reading = reading
        self.program = reading.program
        self.reader = reader
        self.schema = schema
        self.depth = depth
        self.known = known  # what functions that were followed gave
        self.validates = validates
        self.path = ""
        self.names: dict[str, Values] = {}
        self.returned = NOTHING

    def function(self, function: Function, arguments: Sequence[Values]) -> Values:
        node = function if isinstance(function, ast.Lambda) else function.node
        self.path = "" if isinstance(function, ast.Lambda) else function.path
        for arg, values in zip((*node.args.posonlyargs, *node.args.args), arguments, strict=False):
            self.names[arg.arg] = values
        if isinstance(node, ast.Lambda):
            return self.expression(node.body)
        for _ in range(2):  # what a loop sets at its end is read at its start
            for statement in node.body:
                self.statement(statement)
        return self.returned

    def statement(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            values = self.expression(node.value)
            for target in node.targets:
                self.bind(target, values)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            self.bind(node.target, self.expression(node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.bind(node.target, self.reading.elements(self.expression(node.iter)))
            for inner in (*node.body, *node.orelse):
                self.statement(inner)
        elif isinstance(node, ast.Return):
            self.returned |= self.expression(node.value) if node.value is not None else NOTHING
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.expression(child)
                else:
                    self.statement(child)

    def bind(self, target: ast.expr, values: Values) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = self.names.get(target.id, NOTHING) | values
        elif isinstance(target, (ast.Tuple, ast.List)):
            tuples = [v for v in values if isinstance(v, Inst) and v.type in ("tuple", "row")]
            rest = self.reading.elements(frozenset(v for v in values if v not in tuples))
            for position, item in enumerate(target.elts):
                held = union(v.args[position] for v in tuples if position < len(v.args)) | rest
                if isinstance(item, ast.Starred):
                    self.bind(item.value, frozenset({collection("list", held)}))
                else:
                    self.bind(item, held)

    # -- expressions ---------------------------------------------------------------------------------

    def expression(self, node: ast.expr) -> Values:
        if isinstance(node, ast.Name):
            return self.names.get(node.id, NOTHING)
        if isinstance(node, ast.Attribute):
            return self.attribute(self.expression(node.value), node.attr)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.NamedExpr):
            values = self.expression(node.value)
            self.bind(node.target, values)
            return values
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            return self.comprehension(node)
        if isinstance(node, ast.Subscript):
            return self.item(node)
        if isinstance(node, ast.Dict):
            items = [(k, self.expression(v)) for k, v in zip(node.keys, node.values, strict=True)]
            known = [(k.value, v) for k, v in items if isinstance(k, ast.Constant) and isinstance(k.value, str)]
            return frozenset({Rec(tuple(known)), Inst("dict", (NOTHING, union(v for _, v in items)))})
        if isinstance(node, ast.Tuple):
            return frozenset({Inst("tuple", tuple(map(self.expression, node.elts)))})
        parts = [self.expression(n) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
        if isinstance(node, (ast.List, ast.Set)):
            return frozenset({collection("list", union(parts))})
        if isinstance(node, ast.FormattedValue):
            self.text(parts[0])
        return union(parts) if isinstance(node, (ast.BoolOp, ast.IfExp, ast.BinOp, ast.Await, ast.Starred)) else NOTHING

    def attribute(self, base: Values, name: str) -> Values:
        found = self.reading.attribute(base, name, self.reader)
        method = self.program.classes.method(self.schema, name) if self.schema is not None else None
        if not found and method is not None and is_property(Fn(method)) and any(isinstance(v, Rec) for v in base):
            return self.follow(method, [base])
        return found

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Values:
        for part in node.generators:
            self.bind(part.target, self.reading.elements(self.expression(part.iter)))
            for test in part.ifs:
                self.expression(test)
        if isinstance(node, ast.DictComp):
            return frozenset({Inst("dict", (self.expression(node.key), self.expression(node.value)))})
        return frozenset({collection("list", self.expression(node.elt))})

    def item(self, node: ast.Subscript) -> Values:
        base = self.expression(node.value)
        self.expression(node.slice)
        if isinstance(node.slice, ast.Slice):
            return base
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            known = union(v.get(node.slice.value) for v in base if isinstance(v, Rec))
            if known:
                return known
        mappings = [v for v in base if isinstance(v, Inst) and v.type == "dict"]
        return union(v.args[1] for v in mappings if len(v.args) > 1) | self.reading.elements(base - frozenset(mappings))

    def call(self, node: ast.Call) -> Values:
        args = [self.expression(a) for a in node.args]
        args += [self.expression(k.value) for k in node.keywords if not isinstance(k.value, ast.Lambda)]
        first = args[0] if args else NOTHING
        self._give_lambdas(node, first)
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in VALIDATORS and self.validates is not None and self.path:
                self.validates(self.path, node.func.value, first)
            found = self.method(self.expression(node.func.value), node.func.attr, node)
            if found:
                return found
        elif isinstance(node.func, ast.Name):
            builtin = self.builtin(node.func.id, node, first)
            if builtin is not None:
                return builtin
        called = [self.follow(t.info, args) for t in self.program.calls(node)]
        handler = isinstance(node.func, ast.Name) and node.func.id in self.names
        return union(called) if called else (first if handler else NOTHING)

    def _give_lambdas(self, node: ast.Call, items: Values) -> None:
        """`sorted(items, key=lambda x: ...)`, `map(lambda x: ..., items)`."""
        lambdas = [a for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Lambda)]
        for function in lambdas:
            given = [self.expression(a) for a in node.args if a is not function]
            for arg, values in zip(function.args.args, map(self.reading.elements, given), strict=False):
                self.names[arg.arg] = self.names.get(arg.arg, NOTHING) | values
            self.expression(function.body)

    def method(self, base: Values, name: str, node: ast.Call) -> Values:
        """A method of an instance, or of a dictionary."""
        found: list[Values] = []
        for value in objects(base):
            method = self.program.classes.method(value.info, name)
            if method is not None and value.origin is not None and self.program.orm.is_model(value.info):
                self.reading.note_call(method, value.origin, self.reader)
                found.append(self.reading.result(method, value.origin))
        if name in ("get", "pop") and node.args and isinstance(key := node.args[0], ast.Constant):
            found += [v.get(str(key.value)) for v in base if isinstance(v, Rec)]
        if name == "values":
            held = [v.args[1] for v in base if isinstance(v, Inst) and v.type == "dict" and len(v.args) > 1]
            found.append(frozenset({collection("list", union(held))}) if held else NOTHING)
        return union(found)

    def builtin(self, name: str, node: ast.Call, first: Values) -> Values | None:
        if name in SAME:
            return frozenset({collection("list", self.reading.elements(first))})
        if name in FIRST:
            return self.reading.elements(first)
        if name == "enumerate":
            pair = Inst("tuple", (NOTHING, self.reading.elements(first)))
            return frozenset({collection("list", frozenset({pair}))})
        if name in ("getattr", "hasattr") and len(node.args) > 1:
            key = node.args[1]
            return self.attribute(first, key.value) if _is_text(key) else NOTHING  # type: ignore[attr-defined]
        if name in ("str", "repr"):
            self.text(first)
            return NOTHING
        return None

    def text(self, values: Values) -> None:
        """What `__str__` reads."""
        for value in objects(values):
            for name in ("__str__", "__repr__"):
                method = self.program.classes.method(value.info, name)
                if method is not None and value.origin is not None:
                    self.reading.note_call(method, value.origin, self.reader)
                    break

    def follow(self, function: FunctionInfo, args: Sequence[Values]) -> Values:
        """A function of the program that the code calls."""
        if self.depth >= DEPTH or not any(args):
            return NOTHING
        is_method = function.cls is not None and "staticmethod" not in function.decorators
        own = [NOTHING] if is_method and not is_property(Fn(function)) else []
        self.reading.followed.add(function)
        key = (function, (*own, *args))
        if key not in self.known:
            self.known[key] = NOTHING  # a function that calls itself adds nothing
            walk = _Walk(self.reading, self.reader, self.schema, self.depth + 1, self.known, self.validates)
            self.known[key] = walk.function(function, key[1])
        return self.known[key]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
