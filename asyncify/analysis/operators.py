"""Operators and builtins that run a special method of the program: `len(users)`, `key in users`, `view.total = 3`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Obj

#: builtin -> the special methods that it may call with its only argument, the first that there is. Source: Python data
#: model
BUILTINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "len": ("__len__",),
        "str": ("__str__", "__repr__"),
        "repr": ("__repr__",),
        "bool": ("__bool__", "__len__"),
        "hash": ("__hash__",),
        "next": ("__next__",),
        "iter": ("__iter__",),
        "list": ("__iter__",),
        "tuple": ("__iter__",),
        "set": ("__iter__",),
        "sorted": ("__iter__",),
        "sum": ("__iter__",),
    }
)
#: operator -> special method of the left operand (of `in`: the right one), and the function of `operator` that does it
COMPARISONS: Mapping[type[ast.cmpop], tuple[str, str]] = MappingProxyType(
    {
        ast.In: ("__contains__", "contains"),
        ast.NotIn: ("__contains__", "contains"),
        ast.Eq: ("__eq__", "eq"),
        ast.NotEq: ("__ne__", "ne"),
        ast.Lt: ("__lt__", "lt"),
        ast.LtE: ("__le__", "le"),
        ast.Gt: ("__gt__", "gt"),
        ast.GtE: ("__ge__", "ge"),
    }
)
ARITHMETIC: Mapping[type[ast.operator], tuple[str, str]] = MappingProxyType(
    {ast.Add: ("__add__", "add"), ast.BitOr: ("__or__", "or_"), ast.BitAnd: ("__and__", "and_")}
)
#: special methods that only run where the program itself writes an operator or calls a builtin: all uses are seen.
#: The others are called by libraries too: to sort, to print, as keys of a dictionary
SEEN = frozenset(
    "__len__ __contains__ __getitem__ __setitem__ __delitem__ __bool__ __add__ __or__ __and__ __iter__ __next__".split()
)


@dataclass(frozen=True)
class Operation:
    """A place that runs a special method. node: the expression, or the statement that stores. operand: the object."""

    node: ast.expr | ast.stmt
    operand: ast.expr
    method: FunctionInfo


#: kinds of nodes that may be such a place
_OPERATING = frozenset(
    {
        *(ast.Call, ast.Compare, ast.BinOp, ast.FormattedValue, ast.For, ast.comprehension, ast.If, ast.While),
        *(ast.IfExp, ast.UnaryOp, ast.Assign, ast.Delete),
    }
)


def operations(program: Program, module: ModuleInfo) -> Iterator[Operation]:
    """All such places of a module whose object is known, but for `x[key]`, which is inferred as a call."""
    for node in module.source.nodes_among(_OPERATING):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and len(node.args) == 1 and node.func.id in BUILTINS:
                yield from _of(program, node, node.args[0], *BUILTINS[node.func.id])
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            inside = isinstance(node.ops[0], (ast.In, ast.NotIn))
            names = [COMPARISONS[type(node.ops[0])][0], *(["__iter__"] if inside else [])]
            if isinstance(node.ops[0], ast.NotEq):
                names.append("__eq__")
            yield from _of(program, node, node.comparators[0] if inside else node.left, *names)
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            yield from _of(program, node, node.left, ARITHMETIC[type(node.op)][0])
        elif isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
            yield from _of(program, node.value, node.value, "__str__", "__repr__")
        elif isinstance(node, (ast.For, ast.comprehension)):
            yield from _of(program, node.iter, node.iter, "__iter__")
        elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(node.test, ast.Name):
            yield from _of(program, node.test, node.test, "__bool__", "__len__")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Name):
            yield from _of(program, node.operand, node.operand, "__bool__", "__len__")
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield from _store(program, node, node.targets[0])
        elif isinstance(node, ast.Delete) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
            yield from _of(program, node, node.targets[0].value, "__delitem__")


def _of(program: Program, node: ast.expr | ast.stmt, operand: ast.expr, *names: str) -> Iterator[Operation]:
    for value in program.values(operand):
        if isinstance(value, Obj):
            found = [m for n in names if (m := program.classes.method(value.info, n)) is not None]
            if found and not found[0].is_generator:
                yield Operation(node, operand, found[0])


def _store(program: Program, node: ast.Assign, target: ast.expr) -> Iterator[Operation]:
    """`x[key] = value`, and `x.name = value` of a property with a setter."""
    if isinstance(target, ast.Subscript):
        yield from _of(program, node, target.value, "__setitem__")
    elif isinstance(target, ast.Attribute):
        for value in program.values(target.value):
            setter = _setter(program, value.info, target.attr) if isinstance(value, Obj) else None
            if setter is not None:
                yield Operation(node, target.value, setter)


def _setter(program: Program, info: ClassInfo, name: str) -> FunctionInfo | None:
    family = [info, *(c for c in program.classes.ancestors(info) if isinstance(c, ClassInfo))]
    for cls in family:
        for function in program.modules[cls.path].functions.values():
            decorators = function.node.decorator_list
            if function.cls is cls and function.name == name:
                if any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in decorators):
                    return function
    return None
