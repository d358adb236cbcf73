"""Columns that `eager_defaults` would fetch after each INSERT, where the database has nothing to say of them.

A column with an SQL `onupdate` and no default is NULL after an INSERT. With `eager_defaults` SQLAlchemy sends a SELECT
to see that, unless the instance has a value: a default of Python gives it one. Source: SQLAlchemy `orm/persistence.py`,
`Mapper._server_default_plus_onupdate_propkeys`; "Column INSERT/UPDATE Defaults", "Python-Executed Functions".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from asyncify.analysis.orm import COLUMNS
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall
from asyncify.transforms.eager.fields import is_dataclass

#: what a column is given where the database makes its values. Source: SQLAlchemy "Computed Columns", "Identity Columns"
COMPUTED = frozenset({"sqlalchemy.Computed", "sqlalchemy.Identity", "sqlalchemy.FetchedValue"})
_GIVES_ONE = frozenset({"default", "insert_default", "default_factory", "server_default", "init"})


def plan_nulls(program: Program, owner: ClassInfo, names: Iterable[str]) -> Iterator[Edit]:
    """`default=lambda: None` for columns of a class that is given `eager_defaults`. names: those that the database
    changes."""
    for name in names:
        call = owner.attributes[name].value
        if not isinstance(call, ast.Call) or is_dataclass(program, owner):
            continue
        made = program.names.resolve_expression(owner.path, call.func)
        given = {keyword.arg for keyword in call.keywords}
        if not isinstance(made, Ext) or made.name not in COLUMNS or made.name.startswith("sqlmodel."):
            continue  # those of SQLModel have a value, from pydantic
        if given & _GIVES_ONE or None in given or any(is_computed(program, owner, argument) for argument in call.args):
            continue
        because = f"{name} is NULL after an INSERT, and need not be asked for"
        op = EditCall(set=(("default", "lambda: None"),))
        yield Edit("eager", owner.path, owner.source.target(call), op, because=because)


def is_computed(program: Program, owner: ClassInfo, node: ast.expr) -> bool:
    """Whether an argument of a column says that the database makes its values."""
    made = program.names.resolve_expression(owner.path, node.func) if isinstance(node, ast.Call) else None
    return isinstance(made, Ext) and made.name in COMPUTED
