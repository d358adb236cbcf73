"""Functions that a library is given by name: `queue.enqueue("app.jobs.clean")`, `scheduler.add_job("app.jobs:clean")`.

Sources: RQ "Enqueueing jobs"; APScheduler "textual references".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from asyncify.analysis.barriers import callee_name, is_aware
from asyncify.analysis.console_scripts import named_functions
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo

NAMED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)[.:]([A-Za-z_]\w*)")


def named_jobs(program: Program) -> Mapping[FunctionInfo, str]:
    """The plain functions that are named in the arguments of calls of libraries, with what is called."""
    known = {function.name for function in program.functions if function.cls is None}
    found: dict[FunctionInfo, str] = {}
    for path in sorted(program.modules):
        for call in program.modules[path].source.nodes_of(ast.Call) if not is_test_path(path) else ():
            assert isinstance(call, ast.Call)
            for argument in (*call.args, *(k.value for k in call.keywords)):
                text = argument.value if isinstance(argument, ast.Constant) else None
                match = NAMED.fullmatch(text) if isinstance(text, str) else None
                if match is None or match[2] not in known or program.calls(call) or is_aware(program, call):
                    continue
                name = callee_name(program, call) or ast.unparse(call.func)
                for function in named_functions(program.modules, f"{match[1]}:{match[2]}"):
                    found.setdefault(function, name)
    return found
