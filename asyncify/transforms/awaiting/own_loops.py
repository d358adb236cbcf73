"""Functions that ran a coroutine on a loop of their own: in the loop that runs them now they await it.

Source: `asyncio.run`, "This function cannot be called when another asyncio event loop is running in the same thread".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import Hole, Replace

RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run"})
#: only event loops have a method of this name
METHOD = "run_until_complete"


def is_own_loop(program: Program, node: ast.Call) -> bool:
    """Whether a call runs a coroutine to its end on a loop of its own."""
    if len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == METHOD:
        return not program.calls(node)
    return any(isinstance(v, Ext) and v.name in RUNNERS for v in program.values(node.func))


def awaited(module: ModuleInfo, node: ast.Call) -> Iterator[Edit]:
    """The coroutine itself, awaited."""
    op = Replace("await $c", (Hole("c", module.source.span(node.args[0])),))
    drops = tuple(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
    because = "its function runs in a loop now"
    yield Edit("await", module.path, module.source.target(node), op, (), drops, "flip", because)
