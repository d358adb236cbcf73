"""Operators whose special method waits: run in SQLAlchemy's greenlet where they are written.

Python calls special methods by itself and awaits none of them, so they stay plain and wait inside the greenlet.
Source: Python reference, `operator` ("Mapping Operators to Functions").
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from asyncify.analysis.bindings import bring
from asyncify.analysis.operators import ARITHMETIC, COMPARISONS, Operation, operations
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.model.edit import Edit, Import
from asyncify.model.ops import Hole, Op, Replace, ReplaceStatement
from asyncify.transforms.awaiting.calls import GROUP, UTIL
from asyncify.transforms.awaiting.context import Context, context_of
from asyncify.transforms.awaiting.templates import spawn

#: special method -> the builtin that runs it, where none is written: `for x in pages:`, `f"{user}"`, `if users:`
_IMPLIED = MappingProxyType({"__iter__": "list", "__str__": "str", "__repr__": "str"})


def operator_edits(program: Program, module: ModuleInfo) -> Iterator[Edit]:
    """The operators of a module that run a method that waits."""
    done: set[ast.AST] = set()
    colouring = program.colouring
    found = [o for o in operations(program, module) if o.method in colouring.bridged]
    for operation in (*found, *colouring.events.get(module.path, ())):
        node = operation.node
        if node in done:
            continue
        done.add(node)
        if context_of(program, program.colouring, module, node) is not Context.AWAIT:
            continue
        name, imports = bring(program, module.path, UTIL, "greenlet_spawn")
        op, more = run_through(module, operation, name)
        because = f"{operation.method.qualname} waits for the database"
        yield Edit("await", module.path, module.source.target(node), op, (*imports, *more), (), GROUP, because)


def run_through(module: ModuleInfo, operation: Operation, runner: str) -> tuple[Op, tuple[Import, ...]]:
    """The operator as a function that `runner` is awaited with, and what that needs to be imported."""
    if isinstance(operation.node, ast.Call) and operation.node is not operation.operand:
        return spawn(module.source, operation.node, runner), ()
    text, needs_operator = _call(operation)
    return _op(module, operation, runner, text), (Import("operator"),) if needs_operator else ()


def _call(operation: Operation) -> tuple[str, bool]:
    """What is written instead, with holes for the operands; and whether it needs the module `operator`."""
    node = operation.node
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        name = COMPARISONS[type(node.ops[0])][1]
        order = "$right, $left" if name == "contains" else "$left, $right"
        turned = "not " if isinstance(node.ops[0], ast.NotIn) else ""
        return f"{turned}await SPAWN(operator.{name}, {order})", True
    if isinstance(node, ast.BinOp):
        return f"await SPAWN(operator.{ARITHMETIC[type(node.op)][1]}, $left, $right)", True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        return f'await SPAWN(setattr, $object, "{node.targets[0].attr}", $value)', False
    if isinstance(node, ast.Assign):
        return "await SPAWN(operator.setitem, $object, $key, $value)", True
    if isinstance(node, ast.Delete):
        return "await SPAWN(operator.delitem, $object, $key)", True
    return f"await SPAWN({_IMPLIED.get(operation.method.name, 'bool')}, $it)", False


def _op(module: ModuleInfo, operation: Operation, name: str, text: str) -> Op:
    node = operation.node
    text = text.replace("SPAWN", name)
    parts: dict[str, ast.expr] = {"object": operation.operand}
    if isinstance(node, ast.Compare):
        parts |= {"left": node.left, "right": node.comparators[0]}
    elif isinstance(node, ast.BinOp):
        parts |= {"left": node.left, "right": node.right}
    elif isinstance(node, (ast.Assign, ast.Delete)):
        target = node.targets[0]
        if isinstance(target, ast.Subscript):
            parts["key"] = target.slice
        if isinstance(node, ast.Assign):
            parts["value"] = node.value
    holes = tuple(Hole(name, module.source.span(part)) for name, part in parts.items() if f"${name}" in text)
    return ReplaceStatement(text, holes) if isinstance(node, ast.stmt) else Replace(text, holes)
