"""Functions that read what nobody knows of an instance, and call themselves on what they find: `to_dict`.

Inside, nobody could tell which call has to wait. All of such a function runs in the greenlet of whoever calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import is_session


def run_whole(program: Program, functions: Iterable[FunctionInfo]) -> frozenset[FunctionInfo]:
    """Those of some functions that do so, and have nothing else to wait for."""
    return frozenset(
        function
        for function in functions
        if function.cls is not None
        and any(_of_unknown(program, function, function.nodes))
        and not any(isinstance(n, ast.Attribute) and is_session(program.values(n.value)) for n in function.nodes)
    )


def unknown_calls(program: Program, function: FunctionInfo) -> Iterator[tuple[str, ast.Call]]:
    """The calls elsewhere that may run such a function: of its name, on something unknown. In the greenlet any method
    runs as it does outside. Each with its file."""
    for other in program.functions:
        if other is not function and other.name != function.name:
            for call in _of_unknown(program, function, other.nodes):
                yield other.path, call


def _of_unknown(program: Program, function: FunctionInfo, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == function.name:
            if not program.calls(node) and not program.values(node.func.value):
                yield node
