"""Deferred columns: the first read of one loads it, which an async session cannot do.

What something reads is loaded with its row, but for what the program asks for where it needs it (`undefer`). A
subquery must not lose its FROM to a query that joins the same table: it correlates with all but its own tables.
Source: SQLAlchemy "Limiting which Columns Load with Column Deferral"; "Using column_property", `correlate_except`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo
from asyncify.model.edit import Edit
from asyncify.model.ops import AppendCall, EditCall, Hole, Op, Replace
from asyncify.transforms.eager.reading import Helped, Reading
from asyncify.transforms.eager.undeferred import GROUPS, Undeferred, is_deferred

#: what makes an expression of a select
ENDS = frozenset({"scalar_subquery", "as_scalar", "label", "subquery", "exists"})


def plan_deferred(program: Program, reading: Reading) -> Iterator[tuple[Edit, Helped]]:
    """Load with the row each deferred column that code, a schema or a template reads; gives each edit and what
    it helps."""
    undeferred = Undeferred(program)
    for owner in program.classes.all:
        models = {c for c in (owner, *program.classes.descendants(owner)) if program.orm.is_model(c)}
        for name, stmt in owner.attributes.items():
            read = frozenset((c, name) for c in models if (c, name) in reading.columns)
            if isinstance(stmt.value, ast.Call) and read and undeferred.asked_for(owner, name) is None:
                op = _loaded(program, owner, stmt.value)
                subqueries = list(_subqueries(program, owner, stmt.value))
                if op is None or None in subqueries:
                    continue
                because = f"{name} is read, and a deferred column loads itself then"
                drops = ("deferred",) if isinstance(op, Replace) else ()
                yield Edit("eager", owner.path, owner.source.target(stmt.value), op, (), drops, because=because), read
                for found in filter(None, subqueries):
                    select, tables = found
                    link = AppendCall("correlate_except", ", ".join(tables))
                    yield Edit("eager", owner.path, owner.source.target(select), link, because=because), read


def _subqueries(
    program: Program, owner: ClassInfo, definition: ast.Call
) -> Iterator[tuple[ast.expr, list[str]] | None]:
    """The selects of a definition that correlate by themselves, with the tables that are their own; None for one of
    which the tables are not known."""
    for node in ast.walk(definition):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", getattr(node.func, "attr", "")) != "select":
            continue
        select: ast.expr = node
        while isinstance(link := owner.source.parent(select), ast.Attribute) and link.attr not in ENDS:
            call = owner.source.parent(link)
            if link.attr.startswith("correlate") or not isinstance(call, ast.Call):
                break
            select = call
        else:
            tables = _tables(program, owner, [*node.args, *_joined(select)])
            yield (select, tables) if tables else None


def _joined(select: ast.expr) -> Iterator[ast.expr]:
    """What a select names in `join` and `select_from`."""
    while isinstance(select, ast.Call) and isinstance(select.func, ast.Attribute):
        if select.func.attr in ("join", "outerjoin", "select_from"):
            yield from select.args[:1]
        select = select.func.value


def _tables(program: Program, owner: ClassInfo, parts: list[ast.expr]) -> list[str]:
    """The mapped classes that expressions name; none where one of them names nothing that is known."""
    found: dict[str, None] = {}
    for part in parts:
        named = [
            n.id
            for n in ast.walk(part)
            if isinstance(n, ast.Name)
            and isinstance(known := program.names.resolve(owner.path, n.id), ClassInfo)
            and program.orm.is_model(known)
        ]
        if not named:
            return []
        found |= dict.fromkeys(named)
    return list(found)


def _loaded(program: Program, owner: ClassInfo, call: ast.Call) -> Op | None:
    """The edit of a definition that is deferred."""
    if not is_deferred(program, call, owner.path):
        return None
    keywords = {k.arg for k in call.keywords}
    if keywords & {"deferred", *GROUPS}:
        return EditCall(remove=tuple(k for k in ("deferred", *GROUPS) if k in keywords))
    return Replace("$column", (Hole("column", owner.source.span(call.args[0])),)) if len(call.args) == 1 else None
