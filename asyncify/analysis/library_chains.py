"""Objects that a library of which nothing is known hands out, and that are no sessions: the requests of an API client.

`service = build("calendar", "v3")`, then `service.events().list().execute()`. Where nothing on the way, and no part of
the name of the library, tells of a database, words like `execute` mean what they mean in everyday language.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.session_like import CLASSES, KNOWN, is_called_so, terminal
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import Ext

#: methods of sessions that objects of other kinds have as well: a request, an index, a token
COMMON = frozenset({"execute", "query", "refresh"})
#: what names of libraries for databases contain
_DATABASES = re.compile(r"sql|db|orm|alchemy|database|model|session", re.IGNORECASE)


def is_of_other_library(program: Program, call: ast.Call) -> bool:
    """Whether a call of one of COMMON is on what a library hands out that has nothing to do with a database."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in COMMON:
        return False
    return _is_other(program, program.function_of(call), call.func.value, frozenset())


def _is_other(program: Program, function: FunctionInfo | None, node: ast.expr, seen: frozenset[object]) -> bool:
    if isinstance(node, ast.Call) and program.calls(node):
        return all(_hands_out(program, target.info, seen) for target in program.calls(node))
    if isinstance(node, (ast.Call, ast.Await)):
        return _is_other(program, function, node.func if isinstance(node, ast.Call) else node.value, seen)
    name = terminal(node)
    if not name or is_called_so(name) or CLASSES.search(name):
        return False
    values = program.values(node)
    if values:
        return all(isinstance(v, Ext) and _is_foreign(v.name) for v in values)
    if isinstance(node, ast.Attribute):
        return _is_other(program, function, node.value, seen)
    if not isinstance(node, ast.Name) or function is None or node.id not in function.local_names:
        return False
    if (function, node.id) in seen:
        return True
    given = list(_given(function, node.id))
    bound = [n for n in function.nodes if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store)]
    if not given or len(given) != len(bound) or any(p.arg == node.id for p in function.parameters):
        return False
    told = [value for value in given if not (isinstance(value, ast.Constant) and value.value is None)]
    return bool(told) and all(_is_other(program, function, value, seen | {(function, node.id)}) for value in told)


def _hands_out(program: Program, function: FunctionInfo, seen: frozenset[object]) -> bool:
    """Whether all that a function of the program returns is of such a library: `return build("calendar", "v3")`."""
    if function in seen or function.is_generator:
        return False
    returned = [n.value for n in function.nodes if isinstance(n, ast.Return) and n.value is not None]
    return bool(returned) and all(_is_other(program, function, value, seen | {function}) for value in returned)


def _given(function: FunctionInfo, name: str) -> Iterator[ast.expr]:
    """What a local name is given by assignments and `with`."""
    for node in function.nodes:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                    yield item.context_expr


def _is_foreign(name: str) -> bool:
    """Whether a name is one of a library that is no part of Python, is not known here, and is none for databases."""
    root = name.partition(".")[0]
    other = root not in KNOWN and root not in sys.stdlib_module_names
    return other and not any(_DATABASES.search(part) for part in name.split("."))
