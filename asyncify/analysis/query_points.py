"""The places where a legacy query that stayed sends its SQL without a call of one of its methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.assignments import assigned
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ModuleInfo
from asyncify.analysis.values import Cls, Ext, Obj, has
from asyncify.knowledge import names
from asyncify.knowledge.query_methods import COLLECTING, ITERATING

_PLACES = frozenset({ast.For, ast.comprehension, ast.Starred, ast.YieldFrom, ast.Assign, ast.Compare, ast.Call})


def iterated_queries(program: Program, module: ModuleInfo) -> Iterator[ast.expr]:
    """Expressions that hold a query and are iterated over where they stand.

    `list(query)` and its like are none of them: such a call runs as a whole.
    """
    for node in module.source.nodes_among(_PLACES):
        for expression in _iterated(program, node):
            if has(program.values(expression), names.QUERY):
                yield expression


def _iterated(program: Program, node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, (ast.For, ast.comprehension)):
        yield node.iter
    elif isinstance(node, (ast.Starred, ast.YieldFrom)):
        yield node.value
    elif isinstance(node, ast.Assign):
        if any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets):
            yield node.value
    elif isinstance(node, ast.Compare):
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                yield right
    elif isinstance(node, ast.Call) and any(has(program.values(a), names.QUERY) for a in node.args):
        called = {v.name for v in program.values(node.func) if isinstance(v, Ext)}
        if called & (ITERATING - COLLECTING) or any(name.startswith("itertools.") for name in called):
            yield from node.args


def sliced_queries(program: Program, module: ModuleInfo) -> Iterator[ast.Subscript]:
    """`query[1]` and `query[1:3]`."""
    for node in module.source.nodes_of(ast.Subscript):
        if isinstance(node.ctx, ast.Load) and has(program.values(node.value), names.QUERY):
            yield node


def replaced_collections(program: Program, module: ModuleInfo) -> Iterator[ast.Assign]:
    """`book.authors = [...]` of a dynamic collection, which asks the database for what it held. An instance that was
    made here has no rows yet. Source: SQLAlchemy, `DynamicAttributeImpl.set`."""
    for node in module.source.nodes_of(ast.Assign):
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Attribute):
            models = [v.info for v in program.values(target.value) if isinstance(v, Obj)]
            found = (program.orm.relationship(info, target.attr) for info in models)
            if any(r is not None and r.lazy == "dynamic" for r in found) and not _is_new(program, target.value):
                yield node


def _is_new(program: Program, node: ast.expr) -> bool:
    """Whether an expression is a name that only ever means an instance made in the same function, or `self` there."""
    function = program.function_of(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    made = assigned(function, node.id)
    calls = [value for value in made if isinstance(value, ast.Call)]
    if function.name == "__init__" and function.parameters and function.parameters[0].arg == node.id:
        return True
    return 0 < len(calls) == len(made) and all(any(isinstance(v, Cls) for v in program.values(c.func)) for c in calls)


def runs_own_query(program: Program, node: ast.Call) -> bool:
    """Whether a call is one of a method that a subclass of Query adds, and that gives something else than a query: it
    may run the query that it is called on."""
    own = (f.info.cls for f in program.calls(node))
    added = any(cls is not None and program.classes.derives_from(cls, names.QUERY) for cls in own)
    return added and not has(program.values(node), names.QUERY)
