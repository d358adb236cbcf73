"""Names of columns that are read from the table: `getattr(self, column.name) for column in self.__table__.columns`."""

from __future__ import annotations

import ast

from asyncify.analysis.key_names import loops
from asyncify.analysis.source import SourceFile

#: where columns are listed. Source: SQLAlchemy "Table.columns", "Table.c", "Mapper.column_attrs", "Mapper.columns"
COLUMNS = frozenset({"columns", "c", "column_attrs", "__table__"})


def names_column(source: SourceFile, call: ast.Call) -> bool:
    """Whether the name that `getattr` is given comes from a loop over columns."""
    names = {n.id for n in ast.walk(call.args[1]) if isinstance(n, ast.Name)}
    around: list[tuple[ast.expr, ast.expr]] = []
    node: ast.AST | None = call
    while node is not None:
        around += loops(node)
        node = source.parent(node)
    for target, items in around:
        if names & {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}:
            return any(isinstance(n, ast.Attribute) and n.attr in COLUMNS for n in ast.walk(items))
    return False
