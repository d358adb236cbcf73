"""Functions that a library is given by name: `queue.enqueue("app.jobs.clean")`, `scheduler.add_job("app.jobs:clean")`.

So are makers of an application, by a server: `uvicorn.run("app.main:create_app", factory=True)`, or in a command.

Sources: RQ "Enqueueing jobs"; APScheduler "textual references"; uvicorn "Application factories"; gunicorn "Running
Gunicorn", `module:function()`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from asyncify.analysis.barriers import callee_name, is_aware
from asyncify.analysis.console_scripts import named_functions
from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.lent_by_dependencies import is_asked_for
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo

NAMED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)[.:]([A-Za-z_]\w*)")
#: what a command of a server starts, and the server
SERVERS = re.compile(rb"\b(?:uvicorn|gunicorn|hypercorn|granian)\b")
STARTED = re.compile(rb"(?<![\w./])([A-Za-z_]\w*(?:\.\w+)*):([A-Za-z_]\w*)")


def named_jobs(program: Program) -> Mapping[FunctionInfo, str]:
    """The plain functions that are named in the arguments of calls of libraries, and in commands of servers, with what
    calls them."""
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
    for path, data in sorted(program.workspace.files.items()):
        server = None if path.endswith(".py") else SERVERS.search(data)
        for module, name in STARTED.findall(data) if server else ():
            if name.decode() in known:
                for function in named_functions(program.modules, f"{module.decode()}:{name.decode()}"):
                    if not is_asked_for(program, function):  # a dependency that a text tells of makes no application
                        found.setdefault(function, f"a command in {path}")
    return found
