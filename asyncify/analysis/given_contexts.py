"""Functions that open a connection or begin a transaction for the `with` of another function.

`AsyncConnection`, `AsyncTransaction` and `AsyncSessionTransaction` start when they are awaited, and again when they are
entered, which raises (`sqlalchemy.ext.asyncio.base.StartableContext`). So such a function gives them as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Fn, Inst
from asyncify.knowledge.api import Form, form_of


def given_contexts(program: Program) -> frozenset[FunctionInfo]:
    """The functions all of whose results are begun by a `with` of their callers, or by an `await` there."""
    found: set[FunctionInfo] = set()
    waiting = [t.info for module in program.modules.values() for e in entered(module) for t in program.calls(e)]
    while waiting:
        function = waiting.pop()
        if function not in found and _gives(program, function, frozenset()):
            found.add(function)
            results = (r.value for r in _returns(function) if r.value is not None)
            waiting += [target.info for result in results for target in program.calls(result)]
    return frozenset(found - _handed_on(program)) if found else frozenset()


def _handed_on(program: Program) -> set[FunctionInfo]:
    """What is called by others, `Depends(connected)`: they expect what has begun."""
    calls = (call for module in program.modules.values() for call in module.source.nodes_of(ast.Call))
    arguments = (a for call in calls for a in (*call.args, *(k.value for k in call.keywords)))
    return {v.info for a in arguments for v in program.values(a) if isinstance(v, Fn)}


def entered(module: ModuleInfo) -> Iterator[ast.expr]:
    """What `with` enters in a module; of `async with await begun()` the call."""
    for item in module.source.nodes_of(ast.withitem):
        yield item.context_expr.value if isinstance(item.context_expr, ast.Await) else item.context_expr


def is_given(program: Program, node: ast.Call) -> bool:
    """Whether a call makes what its function gives on as it is."""
    function = program.function_of(node)
    if function is None or function not in program.given_contexts:
        return False
    return isinstance(program.modules[function.path].source.parent(node), ast.Return)


def is_begun_here(program: Program, node: ast.Call) -> bool:
    """Whether a call of such a function has to be begun by an `await`, if no `with` does it."""
    targets = program.calls(node)
    begun = bool(targets) and all(t.info in program.given_contexts for t in targets)
    return begun and not is_given(program, node)


def _gives(program: Program, function: FunctionInfo, seen: frozenset[FunctionInfo]) -> bool:
    """Whether each `return` of a function gives what a call has just made."""
    own = _returns(function)
    left_out = function in seen or function.is_generator
    return bool(own) and not left_out and all(_begins(program, r.value, seen | {function}) for r in own)


def _returns(function: FunctionInfo) -> list[ast.Return]:
    return [node for node in function.nodes if isinstance(node, ast.Return)]


def _begins(program: Program, value: ast.expr | None, seen: frozenset[FunctionInfo]) -> bool:
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Attribute):
        for receiver in program.values(value.func.value):
            if isinstance(receiver, Inst) and form_of(receiver.type, value.func.attr) is Form.WITH:
                return True
    targets = program.calls(value)
    return bool(targets) and all(_gives(program, t.info, seen) for t in targets)
