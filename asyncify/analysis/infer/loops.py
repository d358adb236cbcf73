"""Which loops have to be walked twice: where a value of one round is read in the next."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from asyncify.analysis.infer.engine import Engine
from asyncify.analysis.infer.run import Env
from asyncify.analysis.nodes import below
from asyncify.analysis.symbols import bound_names

Loop = ast.For | ast.AsyncFor | ast.While


def carries(engine: Engine, loop: Loop, before: Env, after: Env) -> bool:
    """Whether a second round may see what the first did not: a name that changed and may be read before it is set."""
    changed = {name for name, values in after.items() if values != before.get(name)}
    if not changed:
        return False
    settled = engine.settled.get(loop)
    if settled is None:
        settled = engine.settled[loop] = _settled_names(loop)
    return not changed <= settled


def _settled_names(loop: Loop) -> frozenset[str]:
    """Names that each round sets before it reads them: the target; what one place sets and only later lines read."""
    target = frozenset() if isinstance(loop, ast.While) else frozenset(bound_names(loop.target))
    inside: list[ast.AST] = [node for stmt in loop.body for node in below(stmt)]
    inside += below(loop.test) if isinstance(loop, ast.While) else ()
    names = [node for node in inside if isinstance(node, ast.Name)]
    stores = Counter(node.id for node in names if not isinstance(node.ctx, ast.Load))
    set_until = {name: line for node in inside for name, line in _set_by(node) if stores[name] == 1}
    early = {node.id for node in names if isinstance(node.ctx, ast.Load) and node.lineno <= set_until.get(node.id, 0)}
    return target | (set_until.keys() - early)


def _set_by(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The names that a node sets, each with the line where it has."""
    if isinstance(node, ast.Assign):
        yield from ((name, node.end_lineno or 0) for target in node.targets for name in bound_names(target))
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from ((name, node.iter.end_lineno or 0) for name in bound_names(node.target))
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from ((name, node.context_expr.end_lineno or 0) for name in bound_names(node.optional_vars))
    elif isinstance(node, ast.AnnAssign):
        yield from ((name, node.end_lineno or 0) for name in bound_names(node.target))
