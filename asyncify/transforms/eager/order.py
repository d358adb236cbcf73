"""Where a join would bring the rows of an answer into another order.

A statement without `ORDER BY` gives its rows in the order in which the database comes by them. PostgreSQL joins with a
hash table of whichever side it takes to be smaller and reads the other, so that `LEFT OUTER JOIN` beside a condition
gives the rows in the order of the joined table; with `LIMIT` they are not even the same rows. Seen on PostgreSQL 15,
as its `EXPLAIN` tells ("Hash Right Join"). SQLite knows loops alone, and the outer one is the table on the left
("The SQLite Query Optimizer Overview"). A load of its own leaves the first statement as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.foreign_keys import foreign_keys, is_key_of
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.source import SourceFile
from asyncify.analysis.symbols import ClassInfo

#: what a result or a query gives one row with
ONE = frozenset("first one one_or_none scalar scalar_one scalar_one_or_none fetchone get".split())
CONDITIONS = frozenset({"where", "filter", "filter_by"})
LOOPS_ALONE = frozenset({"sqlite"})


def reorders(program: Program) -> bool:
    """Whether an app may meet a database that gives rows in another order when they are joined."""
    return bool(set(program.named_backends) - LOOPS_ALONE)


def is_sorted(relationship: Relationship) -> bool:
    """Whether a collection says in which order it is: also by `sa_relationship_kwargs` of SQLModel."""
    for node in ast.walk(relationship.node):
        if isinstance(node, ast.keyword) and node.arg == "order_by":
            return True
        if isinstance(node, ast.Dict) and any(isinstance(k, ast.Constant) and k.value == "order_by" for k in node.keys):
            return True
    return False


def gives_one(source: SourceFile, node: ast.expr) -> bool:
    """Whether the place at which a statement runs takes one row of it: `db.scalars(stmt).first()`, `db.scalar(stmt)`,
    or a result that is kept in a name of which nothing else is asked."""
    names, last = _asked(source, node)
    if names & ONE:
        return True
    kept = source.parent(last)
    if not isinstance(kept, ast.Assign) or len(kept.targets) != 1 or not isinstance(kept.targets[0], ast.Name):
        return False
    scope: ast.AST | None = kept
    while scope is not None and not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
        scope = source.parent(scope)
    uses = [
        n
        for n in ast.walk(scope or kept)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id == kept.targets[0].id
    ]
    return bool(uses) and all(_asked(source, use)[0] & ONE for use in uses)


def _asked(source: SourceFile, node: ast.expr) -> tuple[set[str], ast.expr]:
    """The methods that are called on what an expression gives, or to which it is given, and the end of that chain."""
    names: set[str] = set()
    current = node
    while isinstance(above := source.parent(current), (ast.Attribute, ast.Call, ast.Await)):
        if isinstance(above, ast.Attribute):
            names.add(above.attr)
        elif isinstance(above, ast.Call) and above.func is not current:
            names.add(getattr(above.func, "attr", ""))
        current = above
    return names, current


def settled(program: Program, info: ClassInfo, calls: Iterable[ast.Call]) -> frozenset[str]:
    """The single objects of a class of which conditions settle the key: `where(Post.author_id == 1)`. Each row is
    joined to the same one, which leaves them in their order and sends nothing for what the session has already."""
    named = {name for call in calls if getattr(call.func, "attr", "") in CONDITIONS for name in _compared(call)}
    keys = [
        key
        for name, column in program.orm.columns(info).items()
        if name in named and column.call is not None
        for key in foreign_keys(column.call)
    ]
    return frozenset(
        name
        for name, relationship in program.orm.relationships(info).items()
        if not relationship.collection
        and relationship.target is not None
        and any(is_key_of(program.classes, key, relationship.target) for key in keys)
    )


def _compared(call: ast.Call) -> Iterator[str]:
    """The attributes that a condition says to be one value."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
                yield from (side.attr for side in (node.left, *node.comparators) if isinstance(side, ast.Attribute))
