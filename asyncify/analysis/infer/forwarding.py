"""Library calls that call a function with the arguments beside it: `run_in_threadpool(f, db)`, `add_task(f, db)`.

Sources: FastAPI "Background Tasks"; Starlette "Thread Pool"; asyncio, anyio and concurrent.futures references;
SQLAlchemy, `sqlalchemy.util.concurrency`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from asyncify.analysis.infer.functions import ensure, pass_arguments, result_of
from asyncify.analysis.infer.library import call_member
from asyncify.analysis.infer.run import Run
from asyncify.analysis.values import NOTHING, Ext, Fn, Inst, Member, Value, Values, union
from asyncify.knowledge.barriers import FUNCTION_AT
from asyncify.knowledge.names import DYNAMIC, GREENLET_SPAWN, QUERY, canonical

#: name -> whether the call (once awaited) gives what the function gives
FORWARDS: Mapping[str, bool] = MappingProxyType(
    {
        "starlette.concurrency.run_in_threadpool": True,
        "fastapi.concurrency.run_in_threadpool": True,
        "asyncio.to_thread": True,
        "anyio.to_thread.run_sync": True,
        "asyncio.AbstractEventLoop.run_in_executor": True,
        GREENLET_SPAWN: True,
        "starlette.background.BackgroundTasks.add_task": False,
        "starlette.background.BackgroundTask": False,
        "concurrent.futures.ThreadPoolExecutor.submit": False,
    }
)


def forwarded(
    run: Run, target: Value, args: Sequence[Values], kwargs: Mapping[str, Values], node: ast.Call
) -> Values:
    """Pass the arguments on; what the function gives, or the method of a query, where the call gives it on."""
    if not args:
        return NOTHING
    name = ""
    if isinstance(target, Ext):
        name = canonical(target.name)
    elif isinstance(target, Member):
        name = f"{target.base.type}.{target.name}"
    position, gives = FUNCTION_AT.get(name) or 0, FORWARDS.get(name, False)
    if name not in FORWARDS or len(args) <= position:
        return NOTHING
    found = []
    for value in args[position]:
        if isinstance(value, Fn):
            ensure(run, value)
            pass_arguments(run, value, args[position + 1 :], kwargs)
            if gives and not value.info.is_generator:
                found.append(result_of(run, value))
        elif gives and isinstance(value, Inst) and value.type == "lambda" and value.args:
            found.append(value.args[0])
        elif gives and isinstance(value, Member) and value.base.type in (QUERY, DYNAMIC):
            found.append(call_member(run, value, args[position + 1 :], kwargs, node))
    return union(found)
