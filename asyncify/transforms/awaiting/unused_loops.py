"""`loop = asyncio.get_running_loop()` for executors alone: where what they ran is awaited, nothing needs the loop.

Source: asyncio reference, "Event Loop", `get_running_loop` and `get_event_loop`: in a coroutine they only look it up.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from asyncify.analysis.barriers import callee_name
from asyncify.analysis.colouring import Colouring
from asyncify.analysis.nodes import below
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.model.edit import Edit
from asyncify.model.ops import ReplaceStatement
from asyncify.transforms.awaiting.threads import BECAUSE, unwrapped

LOOKED_UP = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


def unused_loops(program: Program, colouring: Colouring, module: ModuleInfo) -> Iterator[Edit]:
    """The removal of each statement of a module that names the loop for such calls and nothing else."""
    freed: dict[tuple[FunctionInfo, str], set[ast.AST]] = defaultdict(set)
    for call in module.source.nodes_of(ast.Call):
        loop = call.func.value if isinstance(call.func, ast.Attribute) else None
        function = program.function_of(call)
        if isinstance(loop, ast.Name) and function is not None and any(unwrapped(program, colouring, module, call)):
            freed[function, loop.id].add(loop)
    for (function, name), uses in freed.items():
        named = [node for node in below(function.node) if isinstance(node, ast.Name) and node.id == name]
        stored = [node for node in named if not isinstance(node.ctx, ast.Load)]
        if name not in function.local_names:
            continue  # `global loop`: others may read it
        if len(stored) != 1 or uses != {node for node in named if node is not stored[0]}:
            continue
        statement = module.source.parent(stored[0])
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and _is_looked_up(program, statement):
            if len(getattr(module.source.parent(statement), "body", ())) > 1:
                drops = tuple(n.id for n in below(statement.value) if isinstance(n, ast.Name))
                target = module.source.target(statement)
                yield Edit("await", module.path, target, ReplaceStatement(), (), drops, "flip", BECAUSE)


def _is_looked_up(program: Program, statement: ast.Assign) -> bool:
    return isinstance(statement.value, ast.Call) and callee_name(program, statement.value) in LOOKED_UP
