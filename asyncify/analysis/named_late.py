"""Calls of methods by a name that nobody knows before: `getattr(Reports(), name)(db)`.

Source: Python reference, `getattr`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo, FunctionInfo, ModuleInfo
from asyncify.analysis.values import Cls, Ext, Mod, Obj


def late_calls(program: Program, module: ModuleInfo) -> Iterator[tuple[ast.Call, ast.Call]]:
    """Each call in a file of what a `getattr` gives of which nothing is known, and that `getattr`."""
    for node in module.source.nodes_of(ast.Call):
        given = _getattr(program, node.func)
        if given is None and isinstance(node.func, ast.Name):
            given = _kept(program, node.func)
        if given is not None and not program.calls(node) and not program.values(given):
            yield node, given


def may_give(program: Program, given: ast.Call) -> Iterator[FunctionInfo]:
    """The functions of the program that a `getattr` may give: all methods of the object, all functions of a module."""
    for value in program.values(given.args[0]):
        if isinstance(value, (Obj, Cls)):
            for cls in program.classes.ancestors(value.info):
                yield from cls.methods.values() if isinstance(cls, ClassInfo) else ()
        elif isinstance(value, Mod) and value.path in program.modules:
            yield from (f for f in program.modules[value.path].functions.values() if f.cls is None and f.parent is None)


def _getattr(program: Program, node: ast.expr) -> ast.Call | None:
    is_one = isinstance(node, ast.Call) and len(node.args) > 1 and Ext("builtins.getattr") in program.values(node.func)
    return node if is_one and isinstance(node, ast.Call) else None


def _kept(program: Program, name: ast.Name) -> ast.Call | None:
    """The `getattr` whose result a local name holds: `method = getattr(self, action)`."""
    function = program.function_of(name)
    for node in function.nodes if function is not None else ():
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name.id for t in node.targets):
            if (given := _getattr(program, node.value)) is not None:
                return given
    return None
