"""Calls that run a coroutine to its end on a loop of their own, which cannot be where a loop runs already.

Source: `asyncio.run`, "This function cannot be called when another asyncio event loop is running in the same thread";
`anyio.run`, which is given the function and its arguments; AnyIO "Working with threads", `from_thread.run`, which only
worker threads can call; asgiref, "Function wrappers", and asyncer, "Run Async Code from Sync": what these give for an
async function cannot be called in the thread of a loop either.
"""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import handing_of
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext
from asyncify.knowledge.barriers import Handing

RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run"})
#: those that are given a function and its arguments
CALLERS = frozenset({"anyio.run", "anyio.from_thread.run"})
#: only event loops have a method of this name
METHOD = "run_until_complete"


def is_own_loop(program: Program, node: ast.Call) -> bool:
    """Whether a call runs a coroutine to its end on a loop of its own."""
    if adapted(program, node) is not None:
        return True
    if calls_function(program, node):
        return not any(isinstance(a, ast.Starred) for a in node.args[:1])
    if len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == METHOD:
        return not program.calls(node)
    return any(isinstance(v, Ext) and v.name in RUNNERS for v in program.values(node.func))


def calls_function(program: Program, node: ast.Call) -> bool:
    """Whether it is given the function that makes the coroutine, and not that."""
    found = program.values(node.func) if node.args else frozenset()
    return any(isinstance(v, Ext) and v.name in CALLERS for v in found)


def adapted(program: Program, node: ast.Call) -> ast.expr | None:
    """The async function of `async_to_sync(function)(1)`."""
    made = node.func
    if not isinstance(made, ast.Call) or not made.args or isinstance(made.args[0], ast.Starred):
        return None
    return made.args[0] if handing_of(program, made) is Handing.PLAIN else None


def runs_parameter(program: Program, function: FunctionInfo) -> bool:
    """Whether a plain function runs a coroutine that it is given: `def run(coro): return asyncio.run(coro)`."""
    names = {parameter.arg for parameter in function.parameters}
    given = (n for n in function.nodes if isinstance(n, ast.Call) and n.args and getattr(n.args[0], "id", "") in names)
    return not function.is_async and any(is_own_loop(program, node) for node in given)
