"""Functions that are given to libraries of which nothing is known."""

from __future__ import annotations

import ast

from asyncify.analysis.barriers import callee_name, handing_of, is_aware
from asyncify.analysis.call_index import CallIndex
from asyncify.analysis.forms import has_session_parameter
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo
from asyncify.knowledge.barriers import Barrier, Treatment


def handed_barrier(program: Program, index: CallIndex, function: FunctionInfo) -> Barrier | None:
    """What keeps a function plain that is only handed to libraries of which the tables say nothing.

    Nothing tells if the library awaits what it is given; a plain function is right either way.
    """
    if index.callers[function] or index.consumers[function]:
        return None
    if function.is_generator or has_session_parameter(program, function):
        return None
    for node in index.handed[function]:
        source = program.modules[index.paths[node]].source
        call = source.holder(node)
        if isinstance(call, ast.Call) and handing_of(program, call) is None and not is_aware(program, call):
            name = callee_name(program, call) or source.segment(call.func)
            return Barrier("handed", "handed", Treatment.TASK, f"nothing is known of {name}, to which it is handed")
    return None
