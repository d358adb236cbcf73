"""Where a place stands: whether `await` is possible there, and what is written otherwise."""

from __future__ import annotations

import ast
from enum import Enum

from asyncify.analysis.colouring import Colouring
from asyncify.analysis.generator_uses import generators_in
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import FunctionInfo, ModuleInfo


class Context(Enum):
    """How a place waits."""

    AWAIT = "await"  # in an async function
    BRIDGE = "bridge"  # in a plain function (or lambda) that runs inside SQLAlchemy's greenlet
    MODULE = "module"  # at the top of a module: no loop is running
    SYNC = "sync"  # nobody waits here: reported already, or kept as it is


def context_of(program: Program, colouring: Colouring, module: ModuleInfo, node: ast.AST) -> Context:
    """The context of a node."""
    source = module.source
    inner, outer = node, source.parent(node)
    while outer is not None:
        if inner in colouring.scripts:
            return Context.AWAIT
        if isinstance(outer, ast.Lambda) and inner is outer.body:
            if outer in colouring.written_out:
                return Context.AWAIT
            call = source.holder(outer)
            if call in colouring.unrolled or call in colouring.unwrapped:
                inner, outer = outer, source.parent(outer)
                continue
            return Context.BRIDGE if call in colouring.spawned or outer in colouring.bridged_lambdas else Context.SYNC
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if inner not in outer.body:  # a decorator or a default: evaluated around the function
                inner, outer = outer, source.parent(outer)
                continue
            function = module.functions[outer]
            if colouring.is_async_context(function):
                return Context.AWAIT
            return Context.BRIDGE if function in colouring.bridged else Context.SYNC
        if isinstance(outer, ast.ClassDef):
            return Context.SYNC
        inner, outer = outer, source.parent(outer)
    return Context.MODULE


def generator_targets(program: Program, colouring: Colouring, node: ast.AST) -> list[FunctionInfo]:
    """The generators that a call makes and that become async generators."""
    return [f for f in generators_in(program, node) if f in colouring.becomes_async]
