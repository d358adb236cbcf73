"""Classes that are mapped to a table which stands between two others: their rows are what a relationship goes through.

Source: SQLAlchemy "Basic Relationship Patterns", "Combining Association Object with Many-to-Many Access Patterns":
what is changed on one side is not seen on the other before it is expired.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from asyncify.analysis.foreign_keys import table_name
from asyncify.analysis.names import Assigned
from asyncify.analysis.orm import Relationship
from asyncify.analysis.program import Program
from asyncify.analysis.symbols import ClassInfo


def association_classes(program: Program, relationship: Relationship) -> Iterator[ClassInfo]:
    """The classes of the rows that a relationship with `secondary=` goes through."""
    for call in (n for n in ast.walk(relationship.node) if isinstance(n, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg == "secondary":
                named = _table(program, relationship.owner.path, keyword.value)
                yield from (m for m in program.orm.models if named is not None and named in (m, table_of(program, m)))
                return


def table_of(program: Program, info: ClassInfo) -> str | None:
    """The name of the table of a class, which its body has, or the table that it or a call maps it to."""
    mapped = program.orm.imperative.get(info)
    return mapped.table if mapped is not None and mapped.table else table_name(info)


def _table(program: Program, path: str, node: ast.expr) -> ClassInfo | str | None:
    """The class or the name of a table: `"memberships"`, `Membership.__table__`, `memberships = Table(...)`."""
    if isinstance(node, ast.Constant):
        text = str(node.value)
        return text.rpartition(".")[2]
    if isinstance(node, ast.Lambda):
        return _table(program, path, node.body)
    if isinstance(node, ast.Attribute) and node.attr == "__table__":
        node = node.value
    found = program.names.resolve_expression(path, node)
    if isinstance(found, ClassInfo):
        return found
    made = found.value if isinstance(found, Assigned) else None
    first = made.args[0] if isinstance(made, ast.Call) and made.args else None
    return str(first.value) if isinstance(first, ast.Constant) else None
