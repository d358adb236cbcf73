"""Servers that a program starts itself: `uvicorn.run(app)` runs an event loop, which another one around it forbids.

Source: uvicorn, "Running programmatically"; `uvicorn.main.run`: with `reload` or several `workers` it starts processes,
and runs no loop in its own.
"""

from __future__ import annotations

import ast
from enum import Enum

from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext

RUN = frozenset({"uvicorn.run", "uvicorn.main.run"})
#: what `uvicorn.Config` does not take
OF_RUN_ALONE = frozenset({"app_dir"})


class Serving(Enum):
    """Where a call runs a server."""

    HERE = "here"  # in a loop of this process
    ELSEWHERE = "elsewhere"  # in other processes
    UNKNOWN = "unknown"  # that depends on the run, or on arguments that are not written there


def serves(program: Program, call: ast.Call) -> Serving | None:
    """Whether a call runs a server, and where."""
    if not any(isinstance(v, Ext) and v.name in RUN for v in program.values(call.func)):
        return None
    given = {k.arg: k.value for k in call.keywords}
    if None in given or OF_RUN_ALONE & given.keys() or any(isinstance(a, ast.Starred) for a in call.args):
        return Serving.UNKNOWN
    known = [given[name] for name in ("reload", "workers") if name in given]
    values = [node.value for node in known if isinstance(node, ast.Constant)]
    if any((value and value != 1) or value is True for value in values):
        return Serving.ELSEWHERE
    return Serving.HERE if len(values) == len(known) else Serving.UNKNOWN
