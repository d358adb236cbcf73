"""Calls that hand work to the broker of a worker, or that wait for what the worker gives."""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import decorator_names
from asyncify.analysis.program import Program
from asyncify.analysis.values import Fn
from asyncify.knowledge.barriers import BY_DECORATOR, Treatment
from asyncify.knowledge.blocking import RESULTS, SENDERS


def sends_work(program: Program, call: ast.Call) -> str:
    """What `task.delay(key)` or `task.delay(key).get()` waits for; empty for any other call."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    if call.func.attr in SENDERS and _is_task(program, call.func.value):
        return "it waits for a broker"
    if call.func.attr in RESULTS and any(_is_sent(program, v) for v in _made(program, call.func.value)):
        return "it waits for a worker"
    return ""


def _is_task(program: Program, node: ast.expr) -> bool:
    """Whether an expression names a function that a worker runs."""
    return any(
        BY_DECORATOR[name].treatment is Treatment.TASK
        for value in program.values(node)
        if isinstance(value, Fn)
        for decorator in value.info.node.decorator_list
        for name in decorator_names(program, value.info, decorator)
        if name in BY_DECORATOR
    )


def _is_sent(program: Program, node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in SENDERS and _is_task(program, func.value)


def _made(program: Program, node: ast.expr) -> list[ast.expr]:
    """An expression itself, or what its function puts into a name."""
    function = program.function_of(node)
    if not isinstance(node, ast.Name) or function is None:
        return [node]
    assigned = [n for n in function.nodes if isinstance(n, ast.Assign)]
    return [n.value for n in assigned if any(isinstance(t, ast.Name) and t.id == node.id for t in n.targets)]
