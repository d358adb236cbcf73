"""The coroutine function of a library that stands for one which runs on a sync session."""

from __future__ import annotations

import ast

from asyncify.analysis.manifests import read_dependencies
from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.knowledge.async_twins import ASYNC_TWINS, AsyncTwin


def twin_of(program: Program, call: ast.Call) -> AsyncTwin | None:
    """The twin of what a call calls, where the project has a version with it.

    None also where the call hands over functions: they run in the greenlet now, on the sync session.
    """
    names = {v.name for v in program.values(call.func) if isinstance(v, Ext)}
    twin = ASYNC_TWINS.get(names.pop()) if len(names) == 1 else None
    given = (*call.args, *(k.value for k in call.keywords))
    if twin is None or any(isinstance(a, ast.Lambda) or program.facts.handed.get(a) for a in given):
        return None
    version = read_dependencies(program.workspace.files).version(twin.distribution)
    return twin if version is not None and version >= twin.since else None
