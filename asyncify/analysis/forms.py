"""Small questions about functions and calls that colouring and the edits must answer alike."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import FunctionInfo
from asyncify.analysis.values import has
from asyncify.knowledge import names
from asyncify.knowledge.api import FEWEST_ARGUMENTS
from asyncify.knowledge.barriers import ASYNC_METHODS

#: methods that are renamed together
PAIRS: Mapping[str, str] = MappingProxyType({"__enter__": "__exit__", "__exit__": "__enter__"})


def has_async_form(function: FunctionInfo) -> bool:
    """Whether a special method has an async form under another name, which its class does not have yet."""
    new = ASYNC_METHODS.get(function.name)
    if new is None or function.cls is None or new in function.cls.methods:
        return False
    return function.name != "__iter__" or function.is_generator


def is_implicit(function: FunctionInfo, node: ast.AST) -> bool:
    """Whether a node runs a special method without calling it by its name: `with uow:`, `for page in pages:`."""
    if function.cls is None or function.name not in ASYNC_METHODS:
        return False
    return not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == function.name)


def has_session_parameter(program: Program, function: FunctionInfo) -> bool:
    """Whether a function is given a session, or an object that may hold one: it cannot wait in another loop."""
    return function.cls is not None or any(
        has(program.values(a), names.SESSION, names.CONNECTION) for a in function.parameters
    )


def is_unrollable(call: ast.Call) -> bool:
    """`map(f, items)` and `filter(f, items)`: lazy, so the greenlet would have ended before they run."""
    if not isinstance(call.func, ast.Name) or call.func.id not in ("map", "filter") or call.keywords:
        return False
    if len(call.args) != 2 or any(isinstance(a, ast.Starred) for a in call.args):
        return False
    function = call.args[0]
    if not isinstance(function, ast.Lambda):
        return not (isinstance(function, ast.Constant) and function.value is None)
    spec = function.args
    return len(spec.args) == 1 and not (spec.posonlyargs or spec.vararg or spec.kwonlyargs or spec.kwarg)


def is_decorator(source: SourceFile, node: ast.AST) -> bool:
    """Whether an expression stands behind an `@`."""
    parent = source.parent(node)
    return isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node in parent.decorator_list


def can_be_function(source: SourceFile, node: ast.Lambda) -> bool:
    """Whether a function in front of its statement can take the place of a lambda: it sees the same names there."""
    scopes = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    statement = source.statement(node)
    outer = source.parent(node)
    while outer is not statement and outer is not None:
        if isinstance(outer, scopes):
            return False
        outer = source.parent(outer)
    above = source.parent(statement)
    is_elif = isinstance(statement, ast.If) and isinstance(above, ast.If) and above.orelse == [statement]
    binds = any(isinstance(n, ast.NamedExpr) for n in ast.walk(statement) if not isinstance(n, ast.stmt))
    return not is_elif and not binds and not isinstance(above, ast.ClassDef)


def lambda_around(source: SourceFile, node: ast.AST) -> ast.Lambda | None:
    """The lambda in whose body a node stands."""
    inner, outer = node, source.parent(node)
    while outer is not None and not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        if isinstance(outer, ast.Lambda) and inner is outer.body:
            return outer
        inner, outer = outer, source.parent(outer)
    return None


def may_be_of_session(node: ast.Call, method: str) -> bool:
    """Whether a call has the arguments that the method of a session needs: a dictionary has a `get`, too."""
    open_ended = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
    return open_ended or len(node.args) + len(node.keywords) >= FEWEST_ARGUMENTS.get(method, 0)
