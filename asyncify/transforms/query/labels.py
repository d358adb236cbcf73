"""Names for what is selected beside the column that it is made of.

`session.query(User, cast(User.age, String))` gives rows, but the rows of `select(User, cast(User.age, String))` cannot
be read: SQLAlchemy 1.4 to 2.1 take both columns for one, because a cast and a negation go by the name of their column.
A name of its own helps; the one that is given is that of the column in a subquery of the query.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from asyncify.analysis.program import Program
from asyncify.analysis.values import Cls, Ext, Inst
from asyncify.knowledge.names import canonical
from asyncify.model.ops import Replace
from asyncify.transforms.query.decisions import Decision, Place
from asyncify.transforms.query.shapes import ALIASES

#: functions that give an expression the name of the column inside. Source: `WrapsColumnExpression`
WRAPPERS = frozenset(f"sqlalchemy.{n}" for n in ("cast", "type_coerce", "try_cast"))
WHY = "a select cannot tell it from the column inside"


def labels(place: Place, selected: Sequence[ast.expr], before: Sequence[ast.expr] = ()) -> Iterator[Decision]:
    """Label what a select would confuse. selected: what is selected here. before: what is selected already."""
    taken = {e.attr for e in (*before, *selected) if isinstance(e, ast.Attribute)}
    for expression in selected:
        name = _inner_name(place.program, expression)
        others = [e for e in (*before, *selected) if e is not expression]
        if name is None or not any(_has_name(place.program, other, name) for other in others):
            continue
        number = next(n for n in range(1, len(taken) + 2) if f"{name}_{n}" not in taken)
        taken.add(f"{name}_{number}")
        inner = "($it)" if isinstance(expression, ast.UnaryOp) else "$it"
        yield place.edit(expression, Replace(f'{inner}.label("{name}_{number}")'), WHY)


def _inner_name(program: Program, node: ast.expr) -> str | None:
    """The name of the column that is cast or negated."""
    inner: ast.expr | None = None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        inner = node.operand
    elif isinstance(node, ast.Call):
        called = {canonical(v.name) for v in program.values(node.func) if isinstance(v, Ext)}
        if called & WRAPPERS and node.args:
            inner = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "cast":
            inner = node.func.value
    return inner.attr if isinstance(inner, ast.Attribute) else None


def _has_name(program: Program, node: ast.expr, name: str) -> bool:
    """Whether a column of this name can be among what an expression selects."""
    if isinstance(node, ast.Starred) or _inner_name(program, node) == name:
        return True
    if isinstance(node, ast.Attribute) and node.attr in (name, "__table__", "c"):
        return True
    return any(isinstance(v, (Cls, Inst)) and _has_columns(v) for v in program.values(node))


def _has_columns(value: Cls | Inst) -> bool:
    return isinstance(value, Cls) or value.type in ALIASES or value.type.endswith(("Table", "Subquery", "CTE"))
