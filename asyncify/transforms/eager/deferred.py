"""Deferred columns: the first read of one loads it, which an async session cannot do.

What something reads is loaded with its row. A program that asks for a column where it needs it (`undefer`) is left to
it. Source: SQLAlchemy "Limiting which Columns Load with Column Deferral".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.analysis.values import Ext
from asyncify.model.edit import Edit
from asyncify.model.ops import EditCall, Hole, Op, Replace
from asyncify.transforms.eager.reading import Reading

#: functions whose `deferred=True` is meant, and the one that defers what it is given
MAKERS = frozenset({"sqlalchemy.orm.mapped_column", "sqlalchemy.orm.column_property"})
DEFERRED = "sqlalchemy.orm.deferred"
UNDEFER = frozenset({"undefer", "undefer_group"})


def plan_deferred(program: Program, reading: Reading) -> Iterator[Edit]:
    """Load with the row each deferred column that code, a schema or a template reads."""
    if _undefers(program):
        return
    for owner in program.classes.all:
        models = {c for c in (owner, *program.classes.descendants(owner)) if program.orm.is_model(c)}
        for name, stmt in owner.attributes.items():
            if isinstance(stmt.value, ast.Call) and any((c, name) in reading.columns for c in models):
                op = _loaded(program, owner, stmt.value)
                if op is not None:
                    because = f"{name} is read, and a deferred column loads itself then"
                    drops = ("deferred",) if isinstance(op, Replace) else ()
                    yield Edit("eager", owner.path, owner.source.target(stmt.value), op, (), drops, because=because)


def _undefers(program: Program) -> bool:
    """Whether options load deferred columns somewhere."""
    for module in program.modules.values():
        if "undefer" in module.source.text:
            for node in module.source.nodes:
                name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                if name in UNDEFER:
                    return True
    return False


def _loaded(program: Program, owner: ClassInfo, call: ast.Call) -> Op | None:
    """The edit of a definition that is deferred."""
    made = program.names.resolve_expression(owner.path, call.func)
    name = made.name if isinstance(made, Ext) else ""
    if name == DEFERRED and len(call.args) == 1:
        return Replace("$column", (Hole("column", owner.source.span(call.args[0])),))
    keywords = {k.arg: k.value for k in call.keywords}
    deferred = keywords.get("deferred")
    if name in MAKERS and isinstance(deferred, ast.Constant) and deferred.value is True:
        return EditCall(remove=tuple(k for k in ("deferred", "deferred_group", "group") if k in keywords))
    return None
