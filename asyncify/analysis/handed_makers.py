"""Makers that somebody else calls: `partial(create_engine, url)`, `providers.Singleton(create_engine, url)`.

Source: functools and dependency-injector references.
"""

from __future__ import annotations

import ast

from asyncify.analysis.program import Program
from asyncify.analysis.values import Ext
from asyncify.knowledge.containers import CALLING
from asyncify.knowledge.names import canonical

PROVIDERS = "dependency_injector.providers."


def later_call(program: Program, node: ast.Call) -> ast.Call:
    """The call of `maker(url, echo=True)` that `partial(maker, url, echo=True)` makes later; else the call itself.

    It stands where the whole call stands: what is done to its keywords is done to those.
    """
    if not node.args or not (_is_partial(program, node) or is_provided(program, node)):
        return node
    return ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)


def _is_partial(program: Program, node: ast.Call) -> bool:
    return Ext("functools.partial") in program.values(node.func)


def is_provided(program: Program, node: ast.Call) -> bool:
    """Whether a call declares a provider that calls its first argument."""
    names = [canonical(v.name) for v in program.values(node.func) if isinstance(v, Ext)]
    return any(n.startswith(PROVIDERS) and n.removeprefix(PROVIDERS) in CALLING for n in names)
