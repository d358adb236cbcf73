"""`contextlib.ExitStack` in one function: what it enters, and whether it is seen everywhere it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext

EXIT_STACK = "contextlib.ExitStack"


@dataclass(frozen=True)
class Stack:
    """One stack. made: the call that makes it. block: `with ExitStack() as stack:`, if it is made so. calls: those of
    its methods. local: whether nothing else holds it."""

    function: FunctionInfo
    made: ast.Call
    block: ast.With | None
    calls: tuple[ast.Call, ...]
    local: bool

    @property
    def entered(self) -> Iterator[tuple[ast.Call, ast.expr]]:
        """The calls that enter a context manager, with that."""
        for call in self.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "enter_context" and call.args:
                yield call, call.args[0]


def exit_stacks(program: Program, module: ModuleInfo) -> Iterator[Stack]:
    """The stacks of a module."""
    if "ExitStack" not in module.source.text:
        return
    for function in module.functions.values():
        for node in function.nodes:
            name: ast.expr | None = None
            if isinstance(node, ast.With) and len(node.items) == 1:
                name, made = node.items[0].optional_vars, node.items[0].context_expr
            elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                name, made = node.targets[0], node.value
            if isinstance(name, ast.Name) and isinstance(made, ast.Call):
                if any(isinstance(v, Ext) and v.name == EXIT_STACK for v in program.values(made.func)):
                    calls, local = _uses(module, function, name.id)
                    yield Stack(function, made, node if isinstance(node, ast.With) else None, calls, local)


def _uses(module: ModuleInfo, function: FunctionInfo, name: str) -> tuple[tuple[ast.Call, ...], bool]:
    calls: list[ast.Call] = []
    local = True
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            member = module.source.parent(node)
            call = module.source.parent(member) if isinstance(member, ast.Attribute) else None
            if isinstance(call, ast.Call) and call.func is member:
                calls.append(call)
            else:
                local = False
    return tuple(calls), local
