"""Sessions that a function says it gives, and that a library makes: nobody here can make those async.

`def get_db() -> Iterator[Session]: yield from maker.get_db()`. What is annotated so is awaited after the migration.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Inst, Member, is_session
from asyncify.knowledge import names
from asyncify.knowledge.session_libraries import ASYNC_MODULE, SYNC_MODULE
from asyncify.model.edit import Finding

ADVICE = "make it give an AsyncSession, or let this function make one"
#: what makes no session itself, but gives on or enters one
_PYTHON = sys.stdlib_module_names | {"next", "iter"}
#: libraries whose sessions the other transforms know
_KNOWN = frozenset({"sqlalchemy", "sqlmodel", SYNC_MODULE, ASYNC_MODULE})


def library_sessions(program: Program, module: ModuleInfo) -> Iterator[Finding]:
    """The first such place of each function that promises a session and gets it from a library."""
    if is_test_path(module.path):
        return
    for function in module.functions.values():
        if function.node.returns is None or function in program.colouring.kept or not _promises(program, function):
            continue
        for node in function.nodes:
            if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None:
                name = _library_of(program, function, node.value)
                if name:
                    message = f"what {name} gives is awaited now, and it is not in this repository"
                    span = module.source.span(node)
                    yield Finding("await", module.path, span, "library-session", message, ADVICE)
                    break


def _promises(program: Program, function: FunctionInfo) -> bool:
    """Whether an annotation of what a function returns or yields names the sync class of sessions."""
    returns = function.node.returns
    return returns is not None and any(
        _is_session_class(program, function, node) for node in ast.walk(returns) if isinstance(node, ast.expr)
    )


def _is_session_class(program: Program, function: FunctionInfo, node: ast.expr) -> bool:
    found = program.names.resolve_expression(function.path, node)
    return isinstance(found, Ext) and found.name in (names.SESSION, names.SQLMODEL_SESSION)


def _library_of(
    program: Program, function: FunctionInfo, node: ast.expr, followed: frozenset[str] = frozenset()
) -> str:
    """What is called of a library for a session, "" where it is known, or nothing is. followed: names on the way."""
    if is_session(program.values(node)):
        return ""
    if isinstance(node, ast.Name) and node.id in function.local_names - followed:
        given = [value for one in function.nodes for value in _given(one, node.id)]
        return _library_of(program, function, given[0], followed | {node.id}) if len(given) == 1 else ""
    if not isinstance(node, ast.Call) or program.calls(node):
        return ""
    if any(_is_session_class(program, function, argument) for argument in node.args):
        return ""  # a container that is asked for a session has one of the program
    for value in program.values(node.func):
        name = value.name if isinstance(value, Ext) else ""
        if isinstance(value, Member) and isinstance(value.base, Inst):
            name = f"{value.base.type}.{value.name}"
        if name.partition(".")[0] in _PYTHON:  # `next(maker.get_db())`
            return _library_of(program, function, node.args[0], followed) if node.args else ""
        if name and name.partition(".")[0] not in _KNOWN:
            return name
    return ""


def _given(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a statement binds a name to."""
    if isinstance(node, ast.withitem):
        targets, value = [node.optional_vars], node.context_expr
    elif isinstance(node, ast.Assign):
        targets, value = list(node.targets), node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return
    if any(isinstance(target, ast.Name) and target.id == name for target in targets):
        yield value
