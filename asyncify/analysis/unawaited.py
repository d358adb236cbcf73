"""Coroutines that are made and never waited for, in code that is async already: an `await` was forgotten.

Many coroutines are handed on with good reason: to `gather`, to a task, to a caller that waits. So a call counts only
where its coroutine is used as what it would give, or is dropped at once.
"""

from __future__ import annotations

import ast

from asyncify.analysis.fixtures import is_test_path
from asyncify.analysis.forms import may_be_of_session
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo
from asyncify.analysis.values import Ext, Fn, Member, has
from asyncify.knowledge import names
from asyncify.knowledge.api import Form, form_of
from asyncify.knowledge.library import OF_COROUTINES

#: async object -> the sync one whose table says which members wait
SYNC_FORMS = {
    names.ASYNC_SESSION: names.SESSION,
    names.ASYNC_CONNECTION: names.CONNECTION,
    names.ASYNC_ENGINE: names.ENGINE,
}
PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "abstractmethod", "override"})


def is_unawaited(program: Program, module: ModuleInfo, node: ast.Call) -> bool:
    """Whether a call gives a coroutine that somebody forgot to wait for."""
    if is_test_path(module.path) or isinstance(module.source.parent(node), ast.Await):
        return False
    of_session = gives_coroutine(program, node)
    function = program.function_of(node)
    if function is None or not (of_session or _is_own(program, node)):
        return False
    # who waits for an async function has its result then: a coroutine in it would have to be awaited once more
    given_on = function.is_async and (of_session or _is_endpoint(program, function))
    return _is_used_up(module, node, function, given_on=given_on)


def gives_coroutine(program: Program, node: ast.Call) -> bool:
    """A method of an async session, connection or engine that has to be awaited."""
    if not isinstance(node.func, ast.Attribute) or not may_be_of_session(node, node.func.attr):
        return False
    receiver = program.values(node.func.value)
    return any(
        has(receiver, kind) and form_of(sync, node.func.attr) is Form.AWAIT for kind, sync in SYNC_FORMS.items()
    ) and not has(receiver, *SYNC_FORMS.values())


def _is_own(program: Program, node: ast.Call) -> bool:
    """A call of async functions of the program, and of nothing else."""
    called = program.values(node.func)
    return bool(called) and all(isinstance(v, Fn) and _gives_coroutine(program, v.info) for v in called)


def _gives_coroutine(program: Program, function: FunctionInfo) -> bool:
    """An async function that no decorator makes something else of."""
    return (
        function.is_async
        and not function.is_generator
        and all(keeps_function(program, node) for node in function.node.decorator_list)
    )


def keeps_function(program: Program, node: ast.expr) -> bool:
    """Whether a decorator gives back a function that runs as it is written."""
    target = node.func if isinstance(node, ast.Call) else node
    if getattr(target, "id", getattr(target, "attr", "")) in PLAIN_DECORATORS or _registers_route(program, target):
        return True
    return Ext("functools.wraps") in program.values(target)


def _registers_route(program: Program, node: ast.expr) -> bool:
    return any(isinstance(v, Member) and v.base.type in (names.FASTAPI, names.ROUTER) for v in program.values(node))


def _is_endpoint(program: Program, function: FunctionInfo) -> bool:
    return any(_registers_route(program, d.func) for d in function.node.decorator_list if isinstance(d, ast.Call))


def _is_used_up(module: ModuleInfo, node: ast.expr, function: FunctionInfo, *, given_on: bool) -> bool:
    """Whether nothing that is done with a fresh coroutine makes sense for one. given_on: nor does returning it."""
    parent = module.source.parent(node)
    if isinstance(parent, (ast.Expr, ast.BoolOp, ast.BinOp, ast.Compare, ast.FormattedValue, ast.UnaryOp)):
        return True
    if isinstance(parent, (ast.If, ast.While, ast.IfExp)):
        return parent.test is node
    if isinstance(parent, ast.Return):
        return given_on
    if isinstance(parent, (ast.Assign, ast.AnnAssign)):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        if isinstance(targets[0], (ast.Tuple, ast.List)):
            return True
        return isinstance(targets[0], ast.Name) and _name_is_used_up(module, targets[0].id, function, given_on=given_on)
    return _takes_apart(parent, node)


def _takes_apart(parent: ast.AST | None, node: ast.expr) -> bool:
    """`f().name`, `f()[0]`, `for x in f()`."""
    if isinstance(parent, ast.Attribute):
        return parent.attr not in OF_COROUTINES
    if isinstance(parent, ast.Subscript):
        return parent.value is node
    return isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and parent.iter is node


def _name_is_used_up(module: ModuleInfo, name: str, function: FunctionInfo, *, given_on: bool) -> bool:
    """Whether a local name that holds the coroutine is taken apart, and never awaited."""
    taken = False
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = module.source.parent(node)
            if isinstance(parent, ast.Await):
                return False
            taken = taken or _takes_apart(parent, node) or (given_on and isinstance(parent, ast.Return))
    return taken
