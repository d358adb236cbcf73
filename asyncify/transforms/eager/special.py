"""Reads by what an operator, a test, an assignment or a builtin runs: special methods, `@validates`, attribute events.

Source: Python data model, "Special method names"; SQLAlchemy "Simple Validators", AttributeEvents.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeGuard

from asyncify.analysis.attribute_events import event_operations, fired_places
from asyncify.analysis.operators import operations
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import NOTHING, Ext, Obj, Values, objects
from asyncify.transforms.eager.hooks import run_hook
from asyncify.transforms.eager.reading import Reader, Reading, best

VALIDATES = "sqlalchemy.orm.validates"
BOOL = ("__bool__", "__len__")
#: operator -> its method, and the one that the right operand is asked for in its place
COMPARES = {
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__eq__", "__eq__"),
}
#: builtins that compare the elements of what they are given, and those that ask whether they are true
ORDERS = frozenset({"sorted", "min", "max"})
ASKS = frozenset({"any", "all"})

Runs = Callable[[FunctionInfo, Obj, Reader], None]


@dataclass(frozen=True)
class Use:
    """A method that runs on values. others: what its second parameter is given. calls: whether the node is a call that
    runs it, and not an operand."""

    node: ast.expr
    values: Values
    names: tuple[str, ...]
    others: Values = NOTHING
    calls: bool = False


class SpecialMethods:
    """Notes what special methods read in one module. runs: notes that a method runs on an instance."""

    def __init__(self, reading: Reading, module: ModuleInfo, runs: Runs) -> None:
        self.reading = reading
        self.program: Program = reading.program
        self.module = module
        self.runs = runs

    def read(self) -> None:
        """Note all of them."""
        for operation in operations(self.program, self.module):
            if isinstance(operation.node, ast.expr):
                values = best(self.program.values(operation.operand))
                calls = isinstance(operation.node, ast.Call) and operation.node is not operation.operand
                self._use(Use(operation.node, values, (operation.method.name,), calls=calls))
        for node in self.module.source.nodes:
            for use in self._uses(node):
                self._use(use)

    def _use(self, use: Use) -> None:
        for value in objects(use.values):
            if not self.program.orm.is_model(value.info):
                continue
            found = (self.program.classes.method(value.info, name) for name in use.names)
            method = next((m for m in found if m is not None), None)
            if method is None:
                continue
            reader = Reader(self.module.path, use.node, "code", f"{method.name} of {value.info.name}", not use.calls)
            self.runs(method, value, reader)
            self.reading.called.add(method)
            if use.others:
                run_hook(self.reading, method, [NOTHING, use.others], reader)

    def _uses(self, node: ast.AST) -> Iterator[Use]:
        values = self.program.values
        if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            yield from self._test(node.test)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from self._test(test)
        elif isinstance(node, (ast.BoolOp, ast.UnaryOp)):
            yield from self._test(node)
        elif _unpacks(node):
            yield Use(node.value, best(values(node.value)), ("__iter__",))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield Use(node, best(values(node.value)), ("__getitem__",))
        elif isinstance(node, ast.Compare):
            for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                yield from self._compare(node, operator, best(values(left)), best(values(right)))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr, ast.BitAnd, ast.Sub)):
            method = f"__{type(node.op).__name__.lower().removeprefix('bit')}__"
            yield Use(node, best(values(node.left)), (method,), best(values(node.right)))
        elif isinstance(node, ast.Call):
            yield from self._call(node)

    def _test(self, node: ast.expr) -> Iterator[Use]:
        """What is asked whether it is true."""
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                yield from self._test(node.operand)
        elif isinstance(node, ast.BoolOp):
            for part in node.values:
                yield from self._test(part)
        elif not isinstance(node, ast.Compare):
            yield Use(node, best(self.program.values(node)), BOOL)

    def _compare(self, node: ast.Compare, operator: ast.cmpop, left: Values, right: Values) -> Iterator[Use]:
        if isinstance(operator, (ast.In, ast.NotIn)):
            inner = best(self.reading.elements(right))
            yield Use(node, right, ("__contains__", "__iter__"))
            yield Use(node, inner, ("__eq__",), left)
        elif type(operator) in COMPARES:
            own, turned = COMPARES[type(operator)]
            yield Use(node, left, (own,), right)
            yield Use(node, right, (turned,), left)

    def _call(self, node: ast.Call) -> Iterator[Use]:
        values = self.program.values
        yield Use(node, best(values(node.func)), ("__call__",), calls=True)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "sort":
            name, given = "sorted", values(node.func.value)
        else:
            given = values(node.args[0]) if node.args else NOTHING
        keyed = any(k.arg == "key" for k in node.keywords)
        items = best(self.reading.elements(given)) if name in ORDERS | ASKS | {"filter"} else NOTHING
        if name in ORDERS and not keyed:
            yield Use(node, items, ("__lt__", "__gt__"), items, calls=True)
            yield Use(node, items, ("__gt__", "__lt__"), items, calls=True)
        elif name in ASKS:
            yield Use(node, items, BOOL, calls=True)
        elif name == "filter" and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
            yield Use(node, best(self.reading.elements(values(node.args[1]))), BOOL)


def _unpacks(node: ast.AST) -> TypeGuard[ast.Starred | ast.Assign]:
    """`*basket`, `first, *rest = basket`."""
    if isinstance(node, ast.Starred):
        return isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Assign) and any(isinstance(t, (ast.Tuple, ast.List)) for t in node.targets)


def read_events(reading: Reading, runs: Runs) -> None:
    """What validators and listeners of attributes read where the attribute is set, or a collection grows."""
    program = reading.program
    for path, operation in event_operations(program, program.functions):
        place = _place(operation.node)
        reader = Reader(path, place, "code", f"{operation.method.name}()", apart=True)
        target = best(program.values(operation.operand))
        run_hook(reading, operation.method, [target, _given(program, operation.node)], reader)
        reading.called.add(operation.method)
    validators = [f for f in program.functions if f.cls is not None and _validated(program, f)]
    for path in sorted(program.modules) if validators else ():
        for node in program.modules[path].source.nodes:
            for fired, owner, name, _ in fired_places(node):
                for value in objects(best(program.values(owner))):
                    _validate(
                        reading,
                        validators,
                        value,
                        name,
                        Reader(path, _place(fired), "code", "", apart=True),
                        fired,
                        runs,
                    )


def _validate(
    reading: Reading,
    validators: list[FunctionInfo],
    value: Obj,
    name: str,
    reader: Reader,
    fired: ast.AST,
    runs: Runs,
) -> None:
    program = reading.program
    for method in validators:
        if method.cls in program.classes.ancestors(value.info) and (not name or name in _validated(program, method)):
            by = replace(reader, what=f"{method.name}()")
            runs(method, value, by)
            run_hook(reading, method, [NOTHING, NOTHING, _given(program, fired)], by)
            reading.called.add(method)


def _validated(program: Program, method: FunctionInfo) -> frozenset[str]:
    """The attributes that a method validates."""
    found: set[str] = set()
    for decorator in method.node.decorator_list:
        if isinstance(decorator, ast.Call):
            meant = program.names.resolve_expression(method.path, decorator.func)
            if isinstance(meant, Ext) and meant.name == VALIDATES:
                found |= {a.value for a in decorator.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return frozenset(found)


def _place(node: ast.expr | ast.stmt) -> ast.expr:
    """The expression that stands for an assignment."""
    return node.targets[0] if isinstance(node, ast.Assign) else node  # type: ignore[return-value]


def _given(program: Program, node: ast.AST) -> Values:
    """What is set or added."""
    if isinstance(node, ast.Assign):
        return program.values(node.value)
    return program.values(node.args[-1]) if isinstance(node, ast.Call) and node.args else NOTHING
